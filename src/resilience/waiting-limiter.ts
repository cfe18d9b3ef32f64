import type BottleneckLine from 'bottleneck';

import type { Clock } from '../core/clock.ts';
import { PluginError } from '../core/errors.ts';
import { rateLimited, type Admission, type Asker, type RateLimiter } from './rate-limiter.ts';
import { TokenBucket, type BucketPolicy } from './token-bucket.ts';

/** A bucket and how many may wait for it. */
export interface WaitingPolicy extends BucketPolicy {
  readonly maxQueue: number;
}

/**
 * A token at once, or a place in a bounded line. bottleneck keeps the line; it takes milliseconds for each job,
 * so a call that finds a token never meets it.
 * @throws {PluginError} `CONFIG_1703` if bottleneck is not installed.
 */
export async function waitingLimiter(
  policy: WaitingPolicy,
  plugin: string,
  clock: Clock,
): Promise<RateLimiter> {
  const { default: Bottleneck } = await import('bottleneck').catch((cause: unknown) => {
    const message =
      "rateLimit.onLimit 'wait' needs a package that is not installed. Run: npm install bottleneck";
    throw new PluginError('CONFIG_1703', { plugin, message, cause });
  });
  // One job at a time: the first in line waits for the bucket, which alone knows the rate.
  return new WaitingLimiter(new Bottleneck({ maxConcurrent: 1 }), policy, plugin, clock);
}

class WaitingLimiter implements RateLimiter {
  readonly #line: BottleneckLine;
  readonly #policy: WaitingPolicy;
  readonly #bucket: TokenBucket;
  readonly #plugin: string;
  readonly #clock: Clock;
  /** Those whose calls still want a token; the line may hold more, who pass through it at once. */
  readonly #waiting = new Set<Asker>();
  #first: { readonly asker: Asker; readonly wake: () => void } | undefined;

  constructor(line: BottleneckLine, policy: WaitingPolicy, plugin: string, clock: Clock) {
    this.#line = line;
    this.#policy = policy;
    this.#bucket = new TokenBucket(policy, clock);
    this.#plugin = plugin;
    this.#clock = clock;
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
    this.#waiting.add(asker);
    return this.#line.schedule(() => this.#token(asker));
  }

  leave(asker: Asker): void {
    if (this.#waiting.delete(asker) && this.#first?.asker === asker) this.#first.wake();
  }

  close(): void {
    this.#waiting.clear();
    this.#first?.wake();
  }

  async #token(asker: Asker): Promise<undefined> {
    while (this.#waiting.has(asker)) {
      const waitMs = this.#bucket.take();
      if (waitMs === 0) this.#waiting.delete(asker);
      else await this.#sleep(asker, waitMs);
    }
  }

  #sleep(asker: Asker, waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#first = undefined;
        resolve();
      };
      const timer = this.#clock.startTimer(waitMs, wake);
      this.#first = { asker, wake };
    });
  }
}
