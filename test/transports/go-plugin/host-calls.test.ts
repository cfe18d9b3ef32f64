import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { pidOf, until } from '../../support/processes.ts';
import { buildGo, fixture, hasGo, keep, type Kept } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a call', () => {
  needsTool('go', hasGo);

  it('carries deadline, request id and trace to the context of the plugin', async () => {
    await using host = await keep(fixture());
    const options = { requestId: 'request-7', traceparent, timeoutMs: 60_000 };
    expect(await host.ask('header', 'x-request-id', options)).toBe('request-7');
    expect(await host.ask('header', 'traceparent', options)).toContain('0af7651916cd43dd8448eb211c80319c');
    const remainingMs = Number(await host.ask('remaining', null, options));
    expect(remainingMs).toBeGreaterThan(50_000);
    expect(remainingMs).toBeLessThanOrEqual(60_000);
  });

  it('is cancelled in the plugin when the caller gives up, and when its time is over', async () => {
    await using host = await keep(fixture());
    const stop = new AbortController();
    const given = host.ask('sleep', 60_000, { signal: stop.signal });
    await host.ask('get', 'pid');
    stop.abort();
    await expect(given).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    await expect(host.ask('sleep', 60_000, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'PLUGIN_1204',
    });
    await cancelled(host, 2);
  });

  it('fails with the status that the plugin gave, with its words', async () => {
    await using host = await keep(fixture());
    await expect(host.ask('fail', 'no such user')).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      plugin: 'kv',
      hook: 'fail',
      retryable: false,
      message: expect.stringContaining('INVALID_ARGUMENT: no such user') as string,
    });
    await expect(host.ask('missing')).rejects.toMatchObject({ code: 'PLUGIN_1211' });
    await expect(host.ask('unheard')).rejects.toMatchObject({ code: 'PLUGIN_1211' });
  });

  it('of more than 4 MiB names the limit of servers in Go, which the plugin may raise', async () => {
    const large = new Uint8Array(5 * 1024 * 1024);
    await using host = await keep(fixture());
    const error: unknown = await host.ask('echo', large).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'RPC_2006', retryable: false });
    expect(String(error)).toContain('over the limit of 4194304');
    expect(String(error)).toContain('grpc.MaxRecvMsgSize');
    await using raised = await keep(fixture({ FIXTURE_MAX_RECEIVE: '8000000' }));
    expect(await raised.ask('echo', large)).toHaveLength(large.length);
    await using small = await keep(fixture({}, { maxFrameBytes: 100_000 }));
    await expect(small.ask('echo', large)).rejects.toMatchObject({ code: 'RPC_2006' });
  });

  it('that cannot be written or read says so', async () => {
    const broken = (): never => {
      throw new Error('no such field');
    };
    const services = {
      put: { method: '/proto.KV/Get', encode: broken, decode: () => 0 },
      get: {
        method: '/proto.KV/Get',
        encode: () => Buffer.from('0a0776657273696f6e', 'hex'),
        decode: broken,
      },
    };
    await using host = await keep(fixture({}, { services }));
    await expect(host.ask('put')).rejects.toMatchObject({ code: 'RPC_2005' });
    await expect(host.ask('get')).rejects.toMatchObject({ code: 'RPC_2004' });
  });
});

describe('a plugin that is killed in a call', () => {
  needsTool('go', hasGo);

  it('fails the call with PLUGIN_1205, and is started again', async () => {
    await using host = await keep(fixture(), { restart: { initialDelayMs: 10 } });
    const running = host.ask('sleep', 60_000);
    const pid = pidOf(host.manager.getPlugin('kv'));
    await host.ask('get', 'pid');
    const ready = host.next('kv', 'ready');
    process.kill(pid, 'SIGKILL');
    await expect(running).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      retryable: true,
      context: { signal: 'SIGKILL', pid },
    });
    await ready;
    expect(Number(await host.ask('get', 'pid'))).not.toBe(pid);
  });

  it('and panics gives its last words', async () => {
    await using host = await keep(fixture(), { restart: { maxRestarts: 0 } });
    await expect(host.ask('panic', 'out of cheese')).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      context: { exitCode: 2 },
    });
    const { level } = await host.logger.until(({ message }) => message.startsWith('panic: out of cheese'));
    expect(level).toBe('error');
  });
});

describe('a plugin that is shut down', () => {
  needsTool('go', hasGo);

  it('lets a running call end', async () => {
    const host = await keep(fixture());
    const running = host.ask('sleep', 300);
    await host.ask('get', 'pid');
    await host.manager.shutdown({ timeoutMs: 10_000 });
    await expect(running).resolves.toBeUndefined();
  });

  it('is killed if it does not end in time', async () => {
    const host = await keep(fixture({ FIXTURE_IGNORES_SHUTDOWN: '1' }, { killTimeoutMs: 100 }));
    await host.manager.shutdown({ timeoutMs: 10_000 });
    expect(host.logger.records.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: expect.stringContaining('ended by force') as string, fields: { killTimeoutMs: 100 } },
    ]);
  });
});

async function cancelled(host: Kept, times: number): Promise<void> {
  let seen = 0;
  const look = async (): Promise<void> => {
    seen = Number(await host.ask('cancelled'));
  };
  await until(() => {
    void look();
    return seen === times;
  });
}
