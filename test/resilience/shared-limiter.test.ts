import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient } from '@redis/client';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { Simple, type RateLimitSettings, type SharedLimitChange } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { needsTool } from '../languages/tool.ts';
import { loud } from '../manager/plugins.ts';
import { aTurn } from '../manager/so-far.ts';
import { managed } from '../support/managed.ts';
import { until } from '../support/processes.ts';
import { hasRedis, redisServer } from './redis-server.ts';
import { away, back, clientOf, sharingHost, soFarDone } from './sharing-host.ts';

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

  it('is each host’s own while Redis is gone, with one warning, event and metric, and comes back by itself', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const { host, log, admitted, isBack, alone, outages } = await sharingHost(connection.client);
    await using _ = host;
    const changes: SharedLimitChange[] = [];
    host.manager.on('sharedLimit', (change) => changes.push(change));
    expect(await admitted(2)).toBe(2);
    expect(outages()).toBe(0);
    await redis.signal('SIGKILL');
    await until(() => connection.client.status !== 'ready');
    expect(await admitted(10)).toBe(3); // the burst of the bucket at home
    await admitted(10);
    expect(outages()).toBe(1);
    expect(changes).toEqual([{ plugin: 'auth', isShared: false, why: expect.stringMatching(/./) as string }]);
    expect(log.named(away)).toHaveLength(1);
    expect(log.named(away)[0]).toMatchObject({ level: 'warn', fields: { plugin: 'auth' } });
    expect(alone()).toBe(20);
    await redis.restart();
    await until(() => connection.client.status === 'ready');
    await isBack();
    expect(await admitted(10)).toBe(5); // the new Redis has forgotten what was counted
    expect([log.named(away).length, log.named(back).length]).toEqual([1, 1]);
    expect(outages()).toBe(1);
    expect(changes.map(({ isShared }) => isShared)).toEqual([false, true]);
  });

  it('is each host’s own while Redis can only be read, with one warning, and comes back by itself', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const { host, log, admitted, isBack } = await sharingHost(connection.client);
    await using _ = host;
    await connection.client.replicaof('127.0.0.1', '1');
    expect(await admitted(10)).toBe(3);
    const startedAt = performance.now();
    // long enough for a look or two
    while (performance.now() - startedAt < 2500) {
      await admitted(1);
      await aTurn();
    }
    expect([log.named(away).length, log.named(back).length]).toEqual([1, 0]);
    await connection.client.replicaof('NO', 'ONE');
    await isBack();
    expect(await admitted(10)).toBe(5);
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

  it('takes a client that is not connected yet', async () => {
    await using redis = await redisServer();
    const client = new Redis(redis.port, '127.0.0.1', { lazyConnect: true });
    const { host, admitted, isBack } = await sharingHost(client);
    await using _ = host;
    expect(await admitted(10)).toBe(3);
    await client.connect();
    await isBack();
    expect(await admitted(10)).toBe(5);
    client.disconnect();
  });

  it('takes a client of node-redis', async () => {
    await using redis = await redisServer();
    const client = createClient({ socket: { host: '127.0.0.1', port: redis.port } });
    client.on('error', () => {});
    await client.connect();
    const { host, log, admitted, isBack } = await sharingHost(client);
    await using _ = host;
    expect(await admitted(20)).toBe(5);
    await redis.signal('SIGKILL');
    await until(() => !client.isReady);
    expect(await admitted(10)).toBe(3);
    await redis.restart();
    await isBack();
    expect(await admitted(10)).toBe(5);
    expect([log.named(away).length, log.named(back).length]).toEqual([1, 1]);
    client.destroy();
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
