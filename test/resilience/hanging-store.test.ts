import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { needsTool } from '../languages/tool.ts';
import { until } from '../support/processes.ts';
import { hasRedis, redisServer } from './redis-server.ts';
import { away, back, clientOf, sharingHost, soFarDone } from './sharing-host.ts';
import { silentServer } from './silent-server.ts';

describe('a Redis that hangs', () => {
  needsTool('redis-server', hasRedis);

  it('sends all who wait to their own buckets with the first answer that is late, and asks no more', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const { host, log, call, admitted, isBack, alone } = await sharingHost(connection.client, {}, 300);
    await using _ = host;
    await redis.signal('SIGSTOP');
    const first = soFarDone(call());
    const startedAt = performance.now();
    await until(() => performance.now() - startedAt > 200);
    const second = soFarDone(call());
    const secondAt = performance.now();
    expect([await first, await second]).toEqual(['answered', 'answered']);
    expect(performance.now() - secondAt).toBeLessThan(250); // not 300 ms of its own
    expect([await admitted(10), alone()]).toEqual([1, 12]);
    await redis.signal('SIGCONT');
    await isBack();
    expect([log.named(away).length, log.named(back).length]).toEqual([1, 1]);
  });

  it('waits no longer for a paused Redis than for one that is gone, and takes it back', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    using other = await clientOf(redis);
    const { host, log, admitted, isBack } = await sharingHost(connection.client, {}, 50);
    await using _ = host;
    await other.client.call('CLIENT', 'PAUSE', '600', 'ALL');
    expect(await admitted(10)).toBe(3);
    await isBack();
    expect(log.named(away)).toMatchObject([{ fields: { error: 'no answer within 50 ms' } }]);
    expect(log.named(back)).toHaveLength(1);
  });

  it('takes no answer for late that lay there while the host itself was busy', async () => {
    await using redis = await redisServer();
    using connection = await clientOf(redis);
    const { host, log, call, alone } = await sharingHost(connection.client, {}, 50);
    await using _ = host;
    await redis.signal('SIGSTOP');
    const answer = soFarDone(call());
    const calledAt = performance.now();
    await until(() => performance.now() - calledAt > 10);
    await redis.signal('SIGCONT');
    await new Promise(setImmediate); // from here timers come before sockets
    while (performance.now() - calledAt < 300);
    expect(await answer).toBe('answered');
    expect([log.named(away).length, alone()]).toEqual([0, 0]);
  });
});

/** Its client would wait for a greeting otherwise. */
const greetless = { enableReadyCheck: false, disableClientInfo: true };

describe('a store that accepts and never answers', () => {
  it('holds up no call for longer than its timeoutMs, not even the first, and is asked no more', async () => {
    await using store = await silentServer();
    const client = new Redis(store.port, '127.0.0.1', greetless);
    await until(() => client.status === 'ready');
    const { host, log, admitted, alone } = await sharingHost(client, {}, 50);
    await using _ = host;
    const startedAt = performance.now();
    expect(await admitted(100)).toBe(3);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    const asked = store.bytes();
    expect(asked).toBeGreaterThan(0);
    expect(await admitted(100)).toBe(0);
    expect([log.named(away).length, alone(), store.bytes()]).toEqual([1, 200, asked]);
    client.disconnect();
  });

  it('is left with a change of the limit, and who waits for it need not any more', async () => {
    await using store = await silentServer();
    const client = new Redis(store.port, '127.0.0.1', greetless);
    await until(() => client.status === 'ready');
    const { host, call } = await sharingHost(client, {}, 60_000);
    await using _ = host;
    const waits = soFarDone(call());
    await host.manager.reconfigure('auth', { rateLimit: { shared: { client, timeoutMs: 50 } } });
    expect([await waits, await soFarDone(call())]).toEqual(['answered', 'answered']);
    client.disconnect();
  });

  it('holds up no call at all while its client waits for a greeting', async () => {
    await using store = await silentServer();
    const client = new Redis(store.port, '127.0.0.1');
    await until(() => client.status === 'connect');
    const { host, log, admitted } = await sharingHost(client, {}, 60_000);
    await using _ = host;
    expect(await admitted(10)).toBe(3);
    expect(log.named(away)).toMatchObject([{ fields: { error: 'Redis connection is not ready' } }]);
    client.disconnect();
  });
});
