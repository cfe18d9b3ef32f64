import { PluginError } from '../core/errors.ts';

/** A limit that several hosts count together. */
export interface RedisPolicy {
  /** A client of ioredis, iovalkey or node-redis. */
  readonly client: object;
  /** Hosts with the same prefix share the limit of a plugin's name. */
  readonly keyPrefix: string;
  readonly requestsPerSecond: number;
  /** The window, in milliseconds: whole seconds. */
  readonly timeWindowMs: number;
}

/** What we need of rate-limiter-flexible's limiter. */
export interface Points {
  consume(key: string, points?: number): Promise<unknown>;
}

/**
 * So many calls in each window, counted in Redis or Valkey.
 * @throws {PluginError} `CONFIG_1703` if rate-limiter-flexible is not installed.
 */
export async function redisPoints(policy: RedisPolicy, plugin: string): Promise<Points> {
  const { RateLimiterRedis } = await import('rate-limiter-flexible').catch((cause: unknown) => {
    const message =
      'rateLimit.shared needs a package that is not installed. Run: npm install rate-limiter-flexible';
    throw new PluginError('CONFIG_1703', { plugin, message, cause });
  });
  return new RateLimiterRedis({
    storeClient: policy.client,
    keyPrefix: policy.keyPrefix,
    points: policy.requestsPerSecond,
    duration: policy.timeWindowMs / 1000,
    rejectIfRedisNotReady: true,
    useRedisPackage: !('defineCommand' in policy.client), // node-redis has no such thing, and other names for commands
  });
}

/** How long a refusal says to wait, in milliseconds; anything else is a failure of the store. */
export function msBeforeNext(refusal: unknown): number | undefined {
  if (refusal instanceof Error || typeof refusal !== 'object' || refusal === null) return undefined;
  const waitMs = 'msBeforeNext' in refusal ? refusal.msBeforeNext : undefined;
  return typeof waitMs === 'number' ? waitMs : undefined;
}
