import type { Clock } from 'plugboard';
import type { Grant, Limit, LimitStore } from './limit.ts';

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
  readonly lockedUntilMs: number;
}

/** So many are remembered; the one that was used least recently makes room, and with it is full again. */
const maxBuckets = 100_000;

/** A store that answers at once. */
export interface LocalStore extends LimitStore {
  take(key: string, cost: number, limit: Limit): Grant;
}

/** Token buckets in this process. */
export function localStore(clock: Clock): LocalStore {
  const buckets = new Map<string, Bucket>();
  return {
    take(key, cost, limit) {
      const now = clock.now();
      const { grant, bucket } = taken(buckets.get(key), cost, limit, now);
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > maxBuckets) buckets.delete(buckets.keys().next().value ?? '');
      return grant;
    },
    close: () => buckets.clear(),
  };
}

/** What redis-store.ts does in Lua. */
function taken(
  before: Bucket | undefined,
  cost: number,
  { burst, perMinute, lockMs }: Limit,
  now: number,
): { readonly grant: Grant; readonly bucket: Bucket } {
  const perMs = perMinute / 60_000;
  const { tokens: kept, atMs, lockedUntilMs } = before ?? { tokens: burst, atMs: now, lockedUntilMs: 0 };
  const tokens = Math.min(burst, kept + (now - atMs) * perMs);
  if (lockedUntilMs > now) {
    const grant = { isGranted: false, remaining: 0, waitMs: lockedUntilMs - now };
    return { grant, bucket: { tokens, atMs: now, lockedUntilMs } };
  }
  const needed = Math.max(cost, 1);
  if (tokens < needed) {
    const waitMs = lockMs > 0 ? lockMs : (needed - tokens) / perMs;
    const bucket = { tokens, atMs: now, lockedUntilMs: lockMs > 0 ? now + lockMs : 0 };
    return { grant: { isGranted: false, remaining: Math.floor(tokens), waitMs }, bucket };
  }
  const left = tokens - cost;
  const grant = { isGranted: true, remaining: Math.floor(left), waitMs: (burst - left) / perMs };
  return { grant, bucket: { tokens: left, atMs: now, lockedUntilMs: 0 } };
}
