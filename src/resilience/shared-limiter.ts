import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { PluginRecorder } from '../core/metrics.ts';
import { Deadline, type DeadlineQueue } from './deadlines.ts';
import { rateLimited, RejectingLimiter, type Admission, type RateLimiter } from './rate-limiter.ts';
import { msBeforeNext, redisPoints, type Points, type RedisPolicy } from './redis-points.ts';
import type { BucketPolicy, BucketTime } from './token-bucket.ts';

/** A limit that several hosts share over Redis or Valkey, and each host's own for the time without it. */
export interface SharedPolicy extends BucketPolicy, RedisPolicy {
  /** How long an answer of the store may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** What a limiter needs of its host. */
export interface SharedSurroundings extends BucketTime {
  readonly deadlines: DeadlineQueue;
  readonly logger: Logger;
  readonly recorder: PluginRecorder | undefined;
  /** Hears once of each time without the store, when it begins (`why` says what happened) and when it is over. */
  readonly onShared: (isShared: boolean, why: string | undefined) => void;
}

/** From one look for the store to the next, so that one that comes and goes is a warning a second at most. */
const lookEveryMs = 1000;

/**
 * So many calls in each window for all hosts together, counted in Redis. While Redis is away each host limits
 * itself by a bucket of its own, says so once, and comes back by itself.
 * @throws {PluginError} `CONFIG_1703` if rate-limiter-flexible is not installed.
 */
export async function sharedLimiter(
  policy: SharedPolicy,
  plugin: string,
  surroundings: SharedSurroundings,
): Promise<RateLimiter> {
  return new SharedLimiter(await redisPoints(policy, plugin), policy, plugin, surroundings);
}

/** A call that waits for an answer of the store. */
interface Asking {
  readonly resolve: (admission: Admission) => void;
  readonly deadline: Deadline;
}

class SharedLimiter implements RateLimiter {
  readonly queued = 0 as const;
  readonly #points: Points;
  readonly #local: RejectingLimiter;
  readonly #timeoutMs: number;
  readonly #plugin: string;
  readonly #host: SharedSurroundings;
  /** Calls that wait for an answer of the store. */
  readonly #asking = new Set<Asking>();
  #isAway = false;
  #isLooking = false;
  #looksAgainAt = 0;

  constructor(points: Points, policy: SharedPolicy, plugin: string, host: SharedSurroundings) {
    this.#points = points;
    this.#local = new RejectingLimiter(policy, plugin, host);
    this.#timeoutMs = policy.timeoutMs;
    this.#plugin = plugin;
    this.#host = host;
  }

  acquire(): Admission | Promise<Admission> {
    if (!this.#isAway) return new Promise((resolve) => this.#ask(resolve));
    void this.#look();
    return this.#limitLocally();
  }

  leave(): void {}

  close(): void {
    for (const asking of this.#asking) this.#answered(asking, undefined);
  }

  #ask(resolve: (admission: Admission) => void): void {
    const { deadlines } = this.#host;
    const asking: Asking = {
      resolve,
      deadline: new Deadline(deadlines, this.#timeoutMs, () => this.#isLate(asking)),
    };
    this.#asking.add(asking);
    this.#points.consume(this.#plugin).then(
      () => this.#answered(asking, undefined),
      (refusal: unknown) => {
        const waitMs = msBeforeNext(refusal);
        if (waitMs !== undefined) this.#answered(asking, rateLimited(this.#plugin, waitMs));
        else if (this.#asking.has(asking)) this.#goAway(refusal);
      },
    );
  }

  #answered(asking: Asking, admission: Admission): void {
    if (!this.#asking.delete(asking)) return;
    asking.deadline.cancel();
    asking.resolve(admission);
  }

  /** A host that was busy itself finds timers due before answers that lie there: those are read first. */
  #isLate(asking: Asking): void {
    this.#host.clock.startTimer(0, () => {
      if (this.#asking.has(asking)) this.#goAway(`no answer within ${this.#timeoutMs} ms`);
    });
  }

  /** A store that hangs is as good as gone: whoever waits for it need not find that out alone. */
  #goAway(why: unknown): void {
    const { clock, logger, recorder, onShared } = this.#host;
    const error = messageOf(why);
    this.#isAway = true;
    this.#looksAgainAt = clock.now() + lookEveryMs;
    logger.warn('the shared rate limit is out of reach; this host limits itself', { error });
    recorder?.sharedLimitLost();
    onShared(false, error);
    for (const asking of this.#asking) this.#answered(asking, this.#limitLocally());
  }

  #isBack(): void {
    this.#host.logger.info('the shared rate limit is back');
    this.#host.onShared(true, undefined);
  }

  #limitLocally(): Admission {
    this.#host.recorder?.limitedLocally();
    return this.#local.acquire();
  }

  /** Finds out whether the store is back; no call waits for it, and one that hangs is not asked twice. */
  async #look(): Promise<void> {
    const startedAt = this.#host.clock.now();
    if (this.#isLooking || startedAt < this.#looksAgainAt) return;
    this.#isLooking = true;
    this.#looksAgainAt = startedAt + lookEveryMs;
    try {
      // Counts nothing, but writes: a store that can only be read is still away.
      await this.#points.consume(this.#plugin, 0).catch((refusal: unknown) => {
        if (msBeforeNext(refusal) === undefined) throw refusal;
      });
      this.#isAway = this.#host.clock.now() - startedAt > this.#timeoutMs;
      if (!this.#isAway) this.#isBack();
    } catch {
      // Still away; a later call looks again.
    } finally {
      this.#isLooking = false;
    }
  }
}
