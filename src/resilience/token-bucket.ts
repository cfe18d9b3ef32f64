import type { Clock } from '../core/clock.ts';

/** How many calls may pass. */
export interface BucketPolicy {
  /** Tokens that come back in each window; for the default window of a second, calls a second. */
  readonly requestsPerSecond: number;
  /** The most tokens that can be saved up; the bucket starts full. */
  readonly burstSize: number;
  /** The window, in milliseconds. */
  readonly timeWindowMs: number;
}

/** A token bucket on a clock that never jumps: one comparison and a few additions a call, no timer. */
export class TokenBucket {
  readonly #policy: BucketPolicy;
  readonly #clock: Clock;
  readonly #tokensPerMs: number;
  #tokens: number;
  #refilledAt: number;

  constructor(policy: BucketPolicy, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
    this.#tokensPerMs = policy.requestsPerSecond / policy.timeWindowMs;
    this.#tokens = policy.burstSize;
    this.#refilledAt = clock.now();
  }

  /** How long until there is a token, in milliseconds; 0 when there is one. */
  get waitMs(): number {
    this.#refill();
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#tokensPerMs;
  }

  /**
   * Takes a token and says 0, or how long until there is one, in milliseconds. `now` spares a look at the clock,
   * which costs more than all the rest.
   */
  take(now?: number): number {
    this.#refill(now);
    this.endOwing();
    return this.#takeOne();
  }

  /** The same for those who wait: what came back since is theirs, however much, because it was wanted all the time. */
  takeOwed(): number {
    this.#refill();
    return this.#takeOne();
  }

  /** Nobody waits any more: what is over the burst is lost. */
  endOwing(): void {
    this.#tokens = Math.min(this.#policy.burstSize, this.#tokens);
  }

  #takeOne(): number {
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#tokensPerMs;
    this.#tokens--;
    return 0;
  }

  #refill(now: number = this.#clock.now()): void {
    this.#tokens += (now - this.#refilledAt) * this.#tokensPerMs;
    this.#refilledAt = now;
  }
}
