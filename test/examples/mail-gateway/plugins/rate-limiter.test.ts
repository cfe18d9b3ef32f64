import { describe, expect, it, onTestFinished } from 'vitest';
import type { PluginManager } from 'plugboard';
import type { EmailHooks, RateLimitAnswer, RateLimitScope } from 'plugboard/email';
import { rateLimiter } from '../../../../examples/mail-gateway/plugins/rate-limiter/plugin.ts';
import { localStore } from '../../../../examples/mail-gateway/plugins/rate-limiter/local-store.ts';
import { redisStore } from '../../../../examples/mail-gateway/plugins/rate-limiter/redis-store.ts';
import { hasRedis, redisServer } from '../../../resilience/redis-server.ts';
import { needsTool } from '../../../languages/tool.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { from, hostOf } from './mail-host.ts';

async function take(
  manager: PluginManager<EmailHooks>,
  scope: RateLimitScope,
  cost: number,
  key = 'a',
): Promise<RateLimitAnswer> {
  return (await manager.run('security.rateLimitCheck', { ...from('192.0.2.7'), scope, key, cost })).answer;
}

const limits = {
  connection: { burst: 3, perMinute: 6 },
  auth: { burst: 2, perMinute: 60, lockMs: 60_000 },
  volume: { burst: '50MB', perMinute: '1MB' },
};

describe('rate-limiter', () => {
  it('grants a burst, then what comes back, and says how long to wait', async () => {
    const clock = new ManualClock();
    await using host = await hostOf(rateLimiter(clock), { limits });
    const { manager } = host;
    expect(await take(manager, 'connection', 1)).toEqual({
      action: 'continue',
      remaining: 2,
      resetMs: 10_000,
    });
    await take(manager, 'connection', 1);
    await take(manager, 'connection', 1);
    expect(await take(manager, 'connection', 1)).toMatchObject({
      action: 'defer',
      code: 421,
      enhanced: '4.7.0',
      retryAfterMs: 10_000,
    });
    expect(await take(manager, 'connection', 1, 'b')).toMatchObject({ action: 'continue' });
    // Who asks all the time does not keep the bucket from filling.
    for (let ms = 0; ms < 9900; ms += 33) {
      clock.advance(33);
      expect(await take(manager, 'connection', 1)).toMatchObject({ action: 'defer' });
    }
    clock.advance(101);
    expect(await take(manager, 'connection', 1)).toMatchObject({ action: 'continue' });
  });

  it('counts bytes as they are written, and has no limit that it was not given', async () => {
    await using host = await hostOf(rateLimiter(new ManualClock()), { limits });
    expect(await take(host.manager, 'volume', 50_000_000)).toMatchObject({
      action: 'continue',
      remaining: 0,
    });
    expect(await take(host.manager, 'volume', 1)).toMatchObject({ action: 'defer', code: 450 });
    for (let count = 0; count < 100; count += 1)
      expect(await take(host.manager, 'recipient', 1)).toEqual({ action: 'continue' });
  });

  it('locks out who fails to log in too often, until the time is over', async () => {
    const clock = new ManualClock();
    await using host = await hostOf(rateLimiter(clock), { limits });
    const { manager } = host;
    expect(await take(manager, 'auth', 0)).toMatchObject({ action: 'continue', remaining: 2 });
    await take(manager, 'auth', 1);
    await take(manager, 'auth', 1);
    expect(await take(manager, 'auth', 0)).toMatchObject({
      action: 'defer',
      code: 454,
      retryAfterMs: 60_000,
    });
    clock.advance(59_999);
    expect(await take(manager, 'auth', 0)).toMatchObject({ action: 'defer' });
    clock.advance(1);
    expect(await take(manager, 'auth', 0)).toMatchObject({ action: 'continue', remaining: 2 });
  });
});

describe('rate-limiter with a Redis that hosts share', () => {
  needsTool('redis-server', hasRedis);

  const shared = { burst: 20, perMinute: 10, lockMs: 0 };

  it('grants exactly the burst to all hosts together', async () => {
    await using redis = await redisServer();
    const url = `redis://127.0.0.1:${redis.port}`;
    const stores = await Promise.all(Array.from({ length: 4 }, () => redisStore(url, 'test:')));
    onTestFinished(() => stores.forEach((store) => store.close()));
    const grants = await Promise.all(
      Array.from({ length: 400 }, async (_, index) => stores[index % 4]?.take('client', 1, shared)),
    );
    expect(grants.filter((grant) => grant?.isGranted)).toHaveLength(20);
    const refused = grants.find((grant) => grant?.isGranted === false);
    expect(refused?.waitMs).toBeGreaterThan(1000);
    expect(refused?.waitMs).toBeLessThanOrEqual(6000);
  });

  it('grants no more when this process was busy for longer than it waits for Redis', async () => {
    await using redis = await redisServer();
    const store = await redisStore(`redis://127.0.0.1:${redis.port}`, 'test:');
    onTestFinished(() => store.close());
    const grants = Array.from({ length: 100 }, async () =>
      store.take('client', 1, { ...shared, perMinute: 0.01 }),
    );
    await new Promise((resolve) => setImmediate(resolve)); // they are sent
    const busyUntil = performance.now() + 400;
    while (performance.now() < busyUntil);
    expect((await Promise.all(grants)).filter(({ isGranted }) => isGranted)).toHaveLength(20);
  });

  it('says what a store in the process says', async () => {
    await using redis = await redisServer();
    const store = await redisStore(`redis://127.0.0.1:${redis.port}`, 'test:');
    onTestFinished(() => store.close());
    const local = localStore(new ManualClock());
    // So slow that nothing comes back while the test runs.
    const limit = { burst: 5, perMinute: 0.001, lockMs: 100_000 };
    for (const cost of [0, 1, 3, 2, 1, 0, 1]) {
      const [here, there] = [local.take('a', cost, limit), await store.take('a', cost, limit)];
      expect({ ...there, waitMs: 0 }).toEqual({ ...here, waitMs: 0 });
      expect(Math.abs(there.waitMs - here.waitMs)).toBeLessThan(20_000);
    }
  });

  it('counts for itself while Redis is away, and comes back by itself', async () => {
    await using redis = await redisServer();
    const config = { limits, redisUrl: `redis://127.0.0.1:${redis.port}` };
    await using one = await hostOf(rateLimiter(new ManualClock()), config);
    await using two = await hostOf(rateLimiter(new ManualClock()), config);
    const left = async (manager: PluginManager<EmailHooks>, key: string): Promise<unknown> => {
      const answer = await take(manager, 'connection', 1, key);
      return answer.action === 'continue' ? answer.remaining : answer.action;
    };
    let tries = 0;
    const isShared = async (): Promise<boolean> => {
      tries += 1;
      await left(one.manager, `key-${tries}`);
      return (await left(two.manager, `key-${tries}`)) === 1;
    };
    await expect.poll(isShared, { timeout: 10_000 }).toBe(true);
    await redis.signal('SIGKILL');
    await expect
      .poll(async () => {
        tries += 1;
        await left(one.manager, `key-${tries}`);
        return await left(two.manager, `key-${tries}`);
      })
      .toBe(2);
    await redis.restart();
    await expect.poll(isShared, { timeout: 10_000 }).toBe(true);
  });

  it('does not wait for a Redis that hangs', async () => {
    await using redis = await redisServer();
    const redisUrl = `redis://127.0.0.1:${redis.port}`;
    await using host = await hostOf(rateLimiter(), { limits, redisUrl, prefix: 'test:' });
    expect(await take(host.manager, 'connection', 1, 'warm')).toMatchObject({ remaining: 2 });
    await redis.signal('SIGSTOP');
    onTestFinished(() => redis.signal('SIGCONT'));
    expect(await take(host.manager, 'connection', 1)).toMatchObject({ action: 'continue', remaining: 2 });
  });
});
