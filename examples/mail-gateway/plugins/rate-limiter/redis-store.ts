import { Redis } from 'ioredis';
import type { LimitStore } from './limit.ts';

/** One step for all hosts that share the store, by the store's own clock; what local-store.ts does here. */
const script = `
local cost, burst, per_ms, lock_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'locked')
local tokens = math.min(burst, (tonumber(kept[1]) or burst) + math.max(0, now - (tonumber(kept[2]) or now)) * per_ms)
local locked = tonumber(kept[3]) or 0
local granted, wait, left = 0, 0, 0
local needed = math.max(cost, 1)
if locked > now then
  wait = locked - now
elseif tokens < needed then
  locked = lock_ms > 0 and now + lock_ms or 0
  wait = lock_ms > 0 and lock_ms or (needed - tokens) / per_ms
  left = tokens
else
  tokens, locked, granted = tokens - cost, 0, 1
  wait = (burst - tokens) / per_ms
  left = tokens
end
local function text(number) return string.format('%.17g', number) end
redis.call('HSET', KEYS[1], 'tokens', text(tokens), 'at', text(now), 'locked', text(locked))
redis.call('PEXPIRE', KEYS[1], math.ceil(math.min(math.max((burst - tokens) / per_ms, locked - now, 1), 1e15)))
return { granted, math.floor(left), math.ceil(wait) }
`;

/** How long Redis may take, in milliseconds: a client waits for each answer. */
const patienceMs = 250;

/**
 * Token buckets in a Redis or Valkey that several hosts share, exact to the token. What fails, fails at once; the first
 * connection is waited for, for a second at most, and made again and again if it fails.
 */
export async function redisStore(url: string, prefix: string): Promise<LimitStore> {
  const redis = new Redis(url, {
    // Nothing waits for a connection that is gone: whoever asks has a store of its own to turn to.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1000,
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: (times) => Math.min(times * 100, 2000),
  });
  redis.on('error', () => {}); // whoever takes hears of it
  await redis.connect().catch(() => {});
  return {
    async take(key, cost, { burst, perMinute, lockMs }) {
      const asked = redis.eval(script, 1, prefix + key, cost, burst, perMinute / 60_000, lockMs);
      const said = await soon(asked);
      const [granted, remaining, waitMs] = (said as readonly unknown[]).map(Number);
      return { isGranted: granted === 1, remaining: remaining ?? 0, waitMs: waitMs ?? 0 };
    },
    close: () => redis.disconnect(),
  };
}

/** Gives up only after what has come already was read: a busy host must not count twice what Redis has granted. */
function soon(asked: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error(`Redis gave no answer within ${patienceMs} ms`));
    const timer = setTimeout(() => setImmediate(giveUp), patienceMs);
    void asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
