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
  const line = new Bottleneck({
    maxConcurrent: 1,
    highWater: policy.maxQueue,
    strategy: Bottleneck.strategy.OVERFLOW,
  });
  return new WaitingLimiter(line, new TokenBucket(policy, clock), plugin, clock);
}

class WaitingLimiter implements RateLimiter {
  readonly #line: BottleneckLine;
  readonly #bucket: TokenBucket;
  readonly #plugin: string;
  readonly #clock: Clock;
  #queued = 0;
  #closed = false;

  constructor(line: BottleneckLine, bucket: TokenBucket, plugin: string, clock: Clock) {
    this.#line = line;
    this.#bucket = bucket;
    this.#plugin = plugin;
    this.#clock = clock;
  }

  get queued(): number {
    return this.#queued;
  }

  acquire(asker: Asker): Admission | Promise<Admission> {
    // Whoever comes while others wait goes behind them.
    if (this.#queued === 0 && this.#bucket.take() === 0) return undefined;
    this.#queued++;
    return this.#wait(asker).finally(() => this.#queued--);
  }

  close(): void {
    this.#closed = true;
    void this.#line.stop({ dropWaitingJobs: true }).catch(() => {});
  }

  async #wait(asker: Asker): Promise<Admission> {
    try {
      await this.#line.schedule(() => this.#token(asker));
      return undefined;
    } catch {
      return rateLimited(this.#plugin, 0, 'too many calls wait already');
    }
  }

  async #token(asker: Asker): Promise<void> {
    while (!asker.settled && !this.#closed) {
      const waitMs = this.#bucket.take();
      if (waitMs === 0) return;
      await new Promise<void>((resolve) => void this.#clock.startTimer(waitMs, resolve));
    }
  }
}
