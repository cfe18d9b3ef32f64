import type BottleneckLine from 'bottleneck';

import type { Clock } from '../core/clock.ts';
import { PluginError } from '../core/errors.ts';
import { rateLimited, type Admission, type Asker, type RateLimiter } from './rate-limiter.ts';
import { TokenBucket, type BucketPolicy, type BucketTime } from './token-bucket.ts';

/** A bucket and how many may wait for it. */
export interface WaitingPolicy extends BucketPolicy {
  readonly maxQueue: number;
}

/**
 * A token at once, or a place in a bounded line. bottleneck runs the line; it takes milliseconds for each job, so a
 * call that finds a token never meets it, and one job serves everybody for whom there are tokens.
 * @throws {PluginError} `CONFIG_1703` if bottleneck is not installed.
 */
export async function waitingLimiter(
  policy: WaitingPolicy,
  plugin: string,
  time: BucketTime,
): Promise<RateLimiter> {
  const { default: Bottleneck } = await import('bottleneck').catch((cause: unknown) => {
    const message =
      "rateLimit.onLimit 'wait' needs a package that is not installed. Run: npm install bottleneck";
    throw new PluginError('CONFIG_1703', { plugin, message, cause });
  });
  return new WaitingLimiter(new Bottleneck({ maxConcurrent: 1 }), policy, plugin, time);
}

class WaitingLimiter implements RateLimiter {
  readonly #line: BottleneckLine;
  readonly #policy: WaitingPolicy;
  readonly #bucket: TokenBucket;
  readonly #plugin: string;
  readonly #clock: Clock;
  /** In the order of their coming; each with what lets it go. */
  readonly #waiting = new Map<Asker, () => void>();
  #isServing = false;
  #wake: (() => void) | undefined;

  constructor(line: BottleneckLine, policy: WaitingPolicy, plugin: string, time: BucketTime) {
    this.#line = line;
    this.#policy = policy;
    this.#bucket = new TokenBucket(policy, time);
    this.#plugin = plugin;
    this.#clock = time.clock;
  }

  get queued(): number {
    return this.#waiting.size;
  }

  acquire(asker: Asker): Admission | Promise<Admission> {
    // Whoever comes while others wait goes behind them.
    const waitMs = this.#waiting.size > 0 ? this.#bucket.waitMs : this.#bucket.take();
    if (waitMs === 0 && this.#waiting.size === 0) return undefined;
    if (this.#waiting.size >= this.#policy.maxQueue) {
      return rateLimited(this.#plugin, waitMs, 'too many calls wait already');
    }
    const admission = new Promise<undefined>((resolve) => this.#waiting.set(asker, () => resolve(undefined)));
    if (!this.#isServing) {
      this.#isServing = true;
      void this.#line.schedule(() => this.#serve());
    }
    return admission;
  }

  leave(asker: Asker): void {
    this.#release(asker);
    if (this.#waiting.size === 0) this.#wake?.();
  }

  close(): void {
    for (const asker of this.#waiting.keys()) this.#release(asker);
    this.#wake?.();
  }

  /** Gives out tokens as they come, until nobody waits. What comes back meanwhile is owed, even if a timer is late. */
  async #serve(): Promise<void> {
    while (this.#waiting.size > 0) {
      const waitMs = this.#bucket.takeOwed();
      if (waitMs > 0) await this.#sleep(waitMs);
      else
        for (const [first] of this.#waiting) {
          this.#release(first);
          break;
        }
    }
    this.#isServing = false;
    this.#bucket.endOwing();
  }

  #release(asker: Asker): void {
    const go = this.#waiting.get(asker);
    this.#waiting.delete(asker);
    go?.();
  }

  #sleep(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#clock.startTimer(waitMs, wake);
      this.#wake = wake;
    });
  }
}
