import { Simple, type PluginSource } from 'plugboard';
import { subprocess, worker, type SubprocessOptions } from 'plugboard/transports';
import { afterEach, describe, expect, it } from 'vitest';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { expectNoChildren, isAlive, pidOf, stateOf, until } from '../support/processes.ts';
import { fixture } from './subjects.ts';

afterEach(expectNoChildren);

function bad(name: string, options: SubprocessOptions = {}): PluginSource {
  const args = [fixture(`bad/${name}.mjs`), ...(options.args ?? [])];
  return subprocess(process.execPath, { killTimeoutMs: 100, ...options, args });
}

function withBad(source: PluginSource, log = new MemoryLogger()) {
  return managed(Simple<string, unknown>().withLogger(log).withPlugin('subject', source).build());
}

const everywhere: readonly (readonly [name: string, source: () => PluginSource])[] = [
  ['fd', () => bad('misbehaves-as-told')],
  ['stdio', () => bad('misbehaves-as-told', { channel: 'stdio' })],
  ['worker', () => worker(fixture('bad/misbehaves-as-told.mjs'))],
];

describe.each(everywhere)('over %s', (transport, source) => {
  it('a plugin that exits while a hundred calls run fails each of them once, retryable', async () => {
    await using host = await withBad(source());
    let settled = 0;
    const calls = Array.from({ length: 100 }, () =>
      host.manager.execute('subject', 'hold').catch((error: unknown) => (settled++, error)),
    );
    const restarting = host.next('subject', 'restarting');
    const last = host.manager.execute('subject', 'exit').catch((error: unknown) => error);
    const errors = await Promise.all([...calls, last]);
    for (const error of errors) {
      expect(error).toMatchObject({
        code: 'PLUGIN_1205',
        plugin: 'subject',
        retryable: true,
        message: expect.stringContaining('exited with code 3') as string,
      });
    }
    await restarting;
    expect(settled).toBe(100);
    expect(host.manager.getPlugin('subject')?.calls).toEqual({
      started: 101,
      succeeded: 0,
      failed: 101,
      active: 0,
    });
    await expect(host.manager.execute('subject', 'behave')).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      retryable: true,
      retryAfterMs: expect.any(Number) as number,
    });
  });

  it('a plugin that exits well while it is in use is started again all the same', async () => {
    await using host = await withBad(source());
    const restarting = host.next('subject', 'restarting');
    await expect(host.manager.execute('subject', 'exitWell')).rejects.toMatchObject({ code: 'PLUGIN_1205' });
    await restarting;
  });

  it('a plugin that hangs in one call answers the others', async () => {
    await using host = await withBad(source());
    const hanging = host.manager
      .execute('subject', 'hold', { timeoutMs: 200 })
      .catch((error: unknown) => error);
    for (let at = 0; at < 10; at++) expect(await host.manager.execute('subject', 'behave')).toBe('well');
    expect(await hanging).toMatchObject({ code: 'PLUGIN_1204' });
  });

  it.each([
    ['throwLater', 'thrown later'],
    ['rejectLater', 'rejected by nobody'],
  ])('the error of a crash says what the crash was: %s', async (way, words) => {
    await using host = await withBad(source());
    await expect(host.manager.execute('subject', way)).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      retryable: true,
      message: expect.stringContaining(words) as string,
    });
  });

  it('a plugin that spins is late, and can be ended', async () => {
    await using host = await withBad(source());
    const pid = host.manager.getPlugin('subject')?.pid;
    expect(pid === undefined).toBe(transport === 'worker');
    await expect(host.manager.execute('subject', 'spin', { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'PLUGIN_1204',
    });
    await host.manager.shutdown({ timeoutMs: 0 });
    expect(pid !== undefined && isAlive(pid)).toBe(false);
  });
});

describe('a worker', () => {
  it('that does not look at its messages is overloaded at ten thousand', async () => {
    await using host = await withBad(worker(fixture('bad/misbehaves-as-told.mjs')));
    const calls = ['spin', ...Array.from({ length: 11_000 }, () => 'behave')].map((request) =>
      host.manager.execute('subject', request, { timeoutMs: 500 }).catch((error: unknown) => error),
    );
    const codes = (await Promise.all(calls)).map((error) => (error as { code?: string }).code);
    expect(new Set(codes)).toEqual(new Set(['PLUGIN_1204', 'PLUGIN_1212']));
    expect(codes.filter((code) => code === 'PLUGIN_1204').length).toBeLessThanOrEqual(10_000);
  });

  it('that uses up its memory ends alone, and says so', async () => {
    const limits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 };
    await using host = await withBad(worker(fixture('bad/fills-memory.mjs'), { resourceLimits: limits }));
    const restarting = host.next('subject', 'restarting');
    await expect(host.manager.execute('subject', 'x')).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      retryable: true,
      message: expect.stringContaining('memory') as string,
    });
    await restarting;
  });
});

describe('a process', () => {
  it('that prints ten megabytes of lines is answered; what was dropped is counted', async () => {
    const log = new MemoryLogger();
    await using host = await withBad(bad('chatters'), log);
    expect(await host.manager.execute('subject', 'x')).toBeGreaterThan(9_000_000);
    await host.manager.shutdown();
    const said = log.records.filter(({ message }) => message.startsWith('chatter')).length;
    const dropped = log.records
      .map(({ fields }) => Number(fields['dropped'] ?? 0))
      .reduce((sum, count) => sum + count);
    expect(said).toBeLessThan(20_000);
    expect(said + dropped).toBe(100_000);
  });

  it('that takes no bytes beside the frames gets base64, and its keys are its own', async () => {
    await using host = await managed(
      Simple<unknown, unknown>().withPlugin('subject', bad('takes-no-bytes')).build(),
    );
    const request = { file: new Uint8Array(Buffer.from('hello')), $bytes: 'of the host' };
    expect(await host.manager.execute('subject', request)).toEqual({
      read: { file: 'aGVsbG8=', $bytes: 'of the host' },
      $bytes: 'my own key',
    });
  });

  it('that is killed from outside is told with the signal', async () => {
    await using host = await withBad(bad('misbehaves-as-told'));
    await expect(host.manager.execute('subject', 'abort')).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      message: expect.stringContaining('was ended by SIGKILL') as string,
      context: { exitCode: null, signal: 'SIGKILL', pid: expect.any(Number) as number },
    });
  });

  it('that stops itself is late, unhealthy, and can be ended', async () => {
    await using host = await withBad(bad('misbehaves-as-told'));
    const pid = pidOf(host.manager.getPlugin('subject'));
    await expect(host.manager.execute('subject', 'stop', { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'PLUGIN_1204',
    });
    await until(() => stateOf(pid) === 'T');
    await host.manager.shutdown({ timeoutMs: 0 });
    expect(isAlive(pid)).toBe(false);
  });

  it.each([
    ['fd', 'both'],
    ['fd', 'writes'],
    ['stdio', 'both'],
    ['stdio', 'reads'],
    ['stdio', 'writes'],
  ] as const)('that closes its channel but lives is ended: %s, what it %s', async (channel, which) => {
    await using host = await withBad(bad('closes-channel', { channel, args: [which] }));
    const restarting = host.next('subject', 'restarting');
    // That nobody reads shows when the host writes again.
    await host.manager.execute('subject', 'first', { timeoutMs: 5000 }).catch(() => {});
    await expect(host.manager.execute('subject', 'second', { timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      message: expect.stringContaining('closed its channel') as string,
    });
    await restarting;
  });

  it.each([
    ['stdin', '0'],
    ['stdout', '1'],
  ])('that speaks lines, closes its %s and lives is ended', async (_, descriptor) => {
    await using host = await withBad(bad('closes-lines', { protocol: 'go-plugins', args: [descriptor] }));
    const restarting = host.next('subject', 'restarting');
    await host.manager.execute('subject', 'first', { timeoutMs: 5000 }).catch(() => {});
    await expect(host.manager.execute('subject', 'second', { timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'PLUGIN_1205',
    });
    await restarting;
  });

  it.each(['fd', 'stdio'] as const)(
    'that leaves a grandchild with its pipes is gone when it exits, over %s',
    async (channel) => {
      await using host = await withBad(bad('has-grandchild', { channel }));
      const grandchild = (await host.manager.execute('subject', 'pid')) as number;
      expect(isAlive(grandchild)).toBe(true);
      await expect(host.manager.execute('subject', 'exit', { timeoutMs: 5000 })).rejects.toMatchObject({
        code: 'PLUGIN_1205',
      });
      await until(() => !isAlive(grandchild));
    },
  );

  it('whose grandchild left the group does not hold up the host', async () => {
    await using host = await withBad(bad('has-grandchild', { args: ['setsid'] }));
    const grandchild = (await host.manager.execute('subject', 'pid')) as number;
    await expect(host.manager.execute('subject', 'exit', { timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'PLUGIN_1205',
    });
    await host.manager.shutdown();
    process.kill(grandchild, 'SIGKILL'); // the host cannot know of it
  });

  it('is ended with its grandchildren by a shutdown', async () => {
    await using host = await withBad(bad('has-grandchild'));
    const grandchild = (await host.manager.execute('subject', 'pid')) as number;
    expect(isAlive(grandchild)).toBe(true);
    await host.manager.shutdown();
    await until(() => !isAlive(grandchild));
  });
});
