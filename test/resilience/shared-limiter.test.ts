import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { Simple, type RateLimitSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { needsTool } from '../languages/tool.ts';
import { loud } from '../manager/plugins.ts';
import { soFar } from '../manager/so-far.ts';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { until } from '../support/processes.ts';
import { hasRedis, redisServer, type RedisServer } from './redis-server.ts';

const away = 'the shared rate limit is out of reach; this host limits itself';
const back = 'the shared rate limit is back';

/** A client that comes back quickly, as long as it is wanted. */
async function clientOf({ port }: RedisServer) {
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20 });
  client.on('error', () => {}); // what a lost connection means is what the tests are about
  await client.ping();
  return { client, [Symbol.dispose]: () => client.disconnect() };
}

/** A host whose plugin shares its limit through a client. */
async function sharingHost(client: object, rateLimit: RateLimitSettings = {}) {
  const log = new MemoryLogger();
  const host = await managed(
    Simple<string, string>()
      .withLogger(log)
      .withMetrics()
      .withPlugin('auth', inProcess(loud), {
        rateLimit: {
          requestsPerSecond: 5,
          timeWindowMs: 60_000,
          burstSize: 3,
          ...rateLimit,
          shared: { client },
        },
      })
      .build(),
  );
  const call = (): Promise<string> => host.manager.execute('auth', 'hello');
  /** How many of so many calls at once are let through. */
  const admitted = async (calls: number): Promise<number> => {
    const ended = await Promise.allSettled(Array.from({ length: calls }, call));
    return ended.filter(({ status }) => status === 'fulfilled').length;
  };
  return { host, log, call, admitted };
}

/** Runs a host of its own to its report. */
function hostProcess(port: number, calls: number) {
  const program = fileURLToPath(new URL('programs/shared-limit-host.mjs', import.meta.url));
  const host = spawn(process.execPath, [program, String(port), String(calls)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  return {
    ready: line,
    go: () => host.stdin.write('go'),
    report: async () => JSON.parse(await line()) as { admitted: number; codes: string[] },
    [Symbol.dispose]: () => void host.kill('SIGKILL'),
  };
}

describe('a limit that is shared over Redis', () => {
  needsTool('redis-server', hasRedis);

  it('lets so many calls through in each window, and says when the next one begins', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const { host, call, admitted } = await sharingHost(connection.client);
    await using _ = host;
    expect(await admitted(20)).toBe(5);
    const refusal: unknown = await call().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'RATELIMIT_1501', plugin: 'auth', retryable: true });
    const { retryAfterMs } = refusal as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('begins anew with the next window', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const { host, admitted, call } = await sharingHost(connection.client, { timeWindowMs: 1000 });
    await using _ = host;
    expect(await admitted(20)).toBe(5);
    const startedAt = performance.now();
    while ((await soFarDone(call())) !== 'answered');
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(await admitted(20)).toBe(4);
  });

  it('is one limit for two processes, exactly', async () => {
    await using redis = await redisServer();
    using one = hostProcess(redis.port, 400);
    using two = hostProcess(redis.port, 400);
    await Promise.all([one.ready(), two.ready()]);
    one.go();
    two.go();
    const reports = await Promise.all([one.report(), two.report()]);
    expect(reports.reduce((sum, { admitted }) => sum + admitted, 0)).toBe(100);
    expect(reports.map(({ codes }) => codes)).toEqual([['RATELIMIT_1501'], ['RATELIMIT_1501']]);
  });

  it('is each plugin’s own, and is shared only under the same prefix', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const rateLimit = { requestsPerSecond: 1, timeWindowMs: 60_000 };
    const { client } = connection;
    await using host = await managed(
      Simple<string, string>()
        .withPlugin('auth', inProcess(loud), { rateLimit: { ...rateLimit, shared: { client } } })
        .withPlugin('mail', inProcess(loud), { rateLimit: { ...rateLimit, shared: { client } } })
        .build(),
    );
    await using other = await managed(
      Simple<string, string>()
        .withPlugin('auth', inProcess(loud), {
          rateLimit: { ...rateLimit, shared: { client, keyPrefix: 'mine' } },
        })
        .build(),
    );
    expect(await host.manager.execute('auth', 'hello')).toBe('HELLO');
    expect(await host.manager.execute('mail', 'hello')).toBe('HELLO');
    expect(await other.manager.execute('auth', 'hello')).toBe('HELLO');
    await expect(host.manager.execute('auth', 'hello')).rejects.toMatchObject({ code: 'RATELIMIT_1501' });
  });

  it('is each host’s own while Redis is gone, with one warning, and comes back by itself', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const { host, log, admitted } = await sharingHost(connection.client);
    await using _ = host;
    expect(await admitted(2)).toBe(2);
    await redis.signal('SIGKILL');
    await until(() => connection.client.status !== 'ready');
    expect(await admitted(10)).toBe(3); // the burst of the bucket at home
    await admitted(10);
    expect(log.named(away)).toHaveLength(1);
    expect(log.named(away)[0]).toMatchObject({ level: 'warn', fields: { plugin: 'auth' } });
    expect(host.manager.metrics()?.plugins['auth']?.limitedLocally).toBe(20);
    await redis.restart();
    await until(() => connection.client.status === 'ready');
    await admitted(1); // looks for the store on its way
    await until(() => log.named(back).length === 1);
    expect(await admitted(10)).toBe(5); // the new Redis has forgotten what was counted
    expect([log.named(away).length, log.named(back).length]).toEqual([1, 1]);
  });

  it('fails no call that is under way when Redis goes', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const { host, call } = await sharingHost(connection.client, { requestsPerSecond: 1000, burstSize: 1000 });
    await using _ = host;
    const calls = Array.from({ length: 200 }, () => soFarDone(call()));
    const gone = redis.signal('SIGKILL');
    calls.push(...Array.from({ length: 200 }, () => soFarDone(call())));
    await gone;
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['answered']));
  });

  it('does not hold up calls while Redis hangs', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const { host, log, admitted } = await sharingHost(connection.client);
    await using _ = host;
    await redis.signal('SIGSTOP');
    const startedAt = performance.now();
    expect(await admitted(10)).toBe(3);
    expect(performance.now() - startedAt).toBeLessThan(2000);
    await redis.signal('SIGCONT');
    await connection.client.ping();
    await admitted(1);
    await until(() => log.named(back).length === 1);
    expect(log.named(away)).toHaveLength(1);
  });

  it('takes a client that is not connected yet', async () => {
    await using redis = await redisServer();
    const client = new Redis(redis.port, '127.0.0.1', { lazyConnect: true });
    const { host, log, admitted } = await sharingHost(client);
    await using _ = host;
    expect(await admitted(10)).toBe(3);
    await client.connect();
    await admitted(1);
    await until(() => log.named(back).length === 1);
    expect(await admitted(10)).toBe(5);
    client.disconnect();
  });

  it('leaves the client to its owner: shutdown does not close it', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const { host } = await sharingHost(connection.client);
    await host.manager.shutdown();
    expect(await connection.client.ping()).toBe('PONG');
  });
});

describe('a shared limit that Redis cannot keep', () => {
  it.each<[string, RateLimitSettings]>([
    ['windows of less than a second', { timeWindowMs: 250 }],
    ['windows of a second and a half', { timeWindowMs: 1500 }],
    ['half a call', { requestsPerSecond: 0.5 }],
    ['a line', { onLimit: 'wait' }],
  ])('is refused with CONFIG_1703: %s', async (_what, rateLimit) => {
    const client = new Redis({ lazyConnect: true });
    await using host = await managed(Simple<string, string>().build());
    const settings = { rateLimit: { ...rateLimit, shared: { client } } };
    await expect(host.manager.register('auth', inProcess(loud), settings)).rejects.toMatchObject({
      code: 'CONFIG_1703',
      message: expect.stringContaining('rateLimit.shared: needs whole requestsPerSecond') as string,
    });
  });
});

/** What became of a call in the end. */
async function soFarDone(call: Promise<unknown>): Promise<string> {
  await call.catch(() => {});
  return soFar(call);
}
