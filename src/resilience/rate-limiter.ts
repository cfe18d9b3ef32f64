import { PluginError } from '../core/errors.ts';
import { TokenBucket, type BucketPolicy, type BucketTime } from './token-bucket.ts';

/** Somebody who asks for a token, told apart by identity. */
export type Asker = object;

/** The answer of a rate limiter: nothing means go. */
export type Admission = PluginError | undefined;

/** The port of a rate limiter. Where it can, it answers at once. */
export interface RateLimiter {
  acquire(asker: Asker): Admission | Promise<Admission>;
  /** An asker that waits has ended. */
  leave(asker: Asker): void;
  /** How many wait for a token. */
  readonly queued: number;
  close(): void;
}

/** The refusal of a call that found no token. */
export function rateLimited(plugin: string, retryAfterMs: number, why = 'too many calls'): PluginError {
  const wait = Math.ceil(retryAfterMs);
  const message = `${why}; the next may come in ${wait} ms. Call less often, or raise rateLimit.`;
  return PluginError.withoutStack('RATELIMIT_1501', { plugin, message, retryAfterMs: wait });
}

/** A token or a refusal, at once. */
export class RejectingLimiter implements RateLimiter {
  readonly queued = 0 as const;
  readonly #plugin: string;
  readonly #bucket: TokenBucket;

  constructor(policy: BucketPolicy, plugin: string, time: BucketTime) {
    this.#plugin = plugin;
    this.#bucket = new TokenBucket(policy, time);
  }

  acquire(): Admission {
    const waitMs = this.#bucket.take();
    return waitMs === 0 ? undefined : rateLimited(this.#plugin, waitMs);
  }

  leave(): void {}

  close(): void {}
}
