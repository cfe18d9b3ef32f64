import type { Clock } from '../core/clock.ts';
import { messageOf, PluginError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { PluginRecorder } from '../core/metrics.ts';
import { rateLimited, RejectingLimiter, type Admission, type RateLimiter } from './rate-limiter.ts';
import type { BucketPolicy } from './token-bucket.ts';

/** A limit that several hosts share over Redis or Valkey. */
export interface SharedPolicy extends BucketPolicy {
  /** A connected client of ioredis, iovalkey or another with the same commands. */
  readonly client: object;
  /** Hosts with the same prefix share the limit of a plugin's name. */
  readonly keyPrefix: string;
}

/** A counter in the same data centre answers in a millisecond or two. */
const storeTimeoutMs = 250;

/** What we need of rate-limiter-flexible's limiter; `get` looks without counting. */
interface Points {
  consume(key: string): Promise<unknown>;
  get(key: string): Promise<unknown>;
}

/**
 * So many calls in each window for all hosts together, counted in Redis. While Redis is away each host limits
 * itself by a bucket of its own, says so once, and comes back by itself.
 * @throws {PluginError} `CONFIG_1703` if rate-limiter-flexible is not installed.
 */
export async function sharedLimiter(
  policy: SharedPolicy,
  plugin: string,
  clock: Clock,
  logger: Logger,
  recorder: PluginRecorder | undefined,
): Promise<RateLimiter> {
  const { RateLimiterRedis } = await import('rate-limiter-flexible').catch((cause: unknown) => {
    const message =
      'rateLimit.shared needs a package that is not installed. Run: npm install rate-limiter-flexible';
    throw new PluginError('CONFIG_1703', { plugin, message, cause });
  });
  const points = new RateLimiterRedis({
    storeClient: policy.client,
    keyPrefix: policy.keyPrefix,
    points: policy.requestsPerSecond,
    duration: policy.timeWindowMs / 1000,
    rejectIfRedisNotReady: true,
  });
  return new SharedLimiter(
    points,
    new RejectingLimiter(policy, plugin, clock),
    plugin,
    clock,
    logger,
    recorder,
  );
}

class SharedLimiter implements RateLimiter {
  readonly queued = 0 as const;
  readonly #points: Points;
  readonly #local: RejectingLimiter;
  readonly #plugin: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #recorder: PluginRecorder | undefined;
  #away = false;
  #probing = false;

  constructor(
    points: Points,
    local: RejectingLimiter,
    plugin: string,
    clock: Clock,
    logger: Logger,
    recorder: PluginRecorder | undefined,
  ) {
    this.#clock = clock;
    this.#recorder = recorder;
    this.#points = points;
    this.#local = local;
    this.#plugin = plugin;
    this.#logger = logger;
  }

  async acquire(): Promise<Admission> {
    if (this.#away) {
      void this.#probe();
      return this.#limitLocally();
    }
    return this.#limitTogether();
  }

  async #limitTogether(): Promise<Admission> {
    try {
      await this.#inTime(this.#points.consume(this.#plugin));
      this.#isAway(false);
      return undefined;
    } catch (refusal) {
      const waitMs = msBeforeNext(refusal);
      this.#isAway(waitMs === undefined, refusal);
      return waitMs === undefined ? this.#limitLocally() : rateLimited(this.#plugin, waitMs);
    }
  }

  #limitLocally(): Admission {
    this.#recorder?.limitedLocally();
    return this.#local.acquire();
  }

  /** Finds out whether the store is back, one at a time; no call waits for it. */
  async #probe(): Promise<void> {
    if (this.#probing) return;
    this.#probing = true;
    try {
      await this.#inTime(this.#points.get(this.#plugin));
      this.#isAway(false);
    } catch {
      // Still away; the next call looks again.
    } finally {
      this.#probing = false;
    }
  }

  leave(): void {}

  close(): void {}

  /** A store that hangs is as good as gone; the call must not wait for it until its deadline. */
  #inTime(answer: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const late = new Error(`no answer within ${storeTimeoutMs} ms`);
      const timer = this.#clock.startTimer(storeTimeoutMs, () => reject(late));
      void answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  #isAway(away: boolean, why?: unknown): void {
    if (away === this.#away) return;
    this.#away = away;
    if (away)
      this.#logger.warn('the shared rate limit is out of reach; this host limits itself', {
        error: messageOf(why),
      });
    else this.#logger.info('the shared rate limit is back');
  }
}

/** A refusal says when to come again; anything else is a failure of the store. */
function msBeforeNext(refusal: unknown): number | undefined {
  if (refusal instanceof Error || typeof refusal !== 'object' || refusal === null) return undefined;
  const waitMs = (refusal as { msBeforeNext?: unknown }).msBeforeNext;
  return typeof waitMs === 'number' ? waitMs : undefined;
}
