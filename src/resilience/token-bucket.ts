import type { Clock } from '../core/clock.ts';
import type { TurnEnd, Undated } from './turn-end.ts';

/** How many calls may pass. */
export interface BucketPolicy {
  /** Tokens that come back in each window; for the default window of a second, calls a second. */
  readonly requestsPerSecond: number;
  /** The most tokens that can be saved up; the bucket starts full. */
  readonly burstSize: number;
  /** The window, in milliseconds. */
  readonly timeWindowMs: number;
}

/** The time of a bucket. */
export interface BucketTime {
  readonly clock: Clock;
  readonly turnEnd: TurnEnd;
}

/**
 * A token bucket on a clock that never jumps. While there are tokens it does not look at the clock: those taken count
 * from the end of their turn of the event loop. So a token may come back up to a turn late, and never early.
 */
export class TokenBucket implements Undated {
  readonly #policy: BucketPolicy;
  readonly #clock: Clock;
  readonly #turnEnd: TurnEnd;
  readonly #tokensPerMs: number;
  #tokens: number;
  /** How many were taken since the bucket was filled up to now. */
  #undated = 0;
  #awaitsTurnEnd = false;
  #filledAt: number;

  constructor(policy: BucketPolicy, { clock, turnEnd }: BucketTime) {
    this.#policy = policy;
    this.#clock = clock;
    this.#turnEnd = turnEnd;
    this.#tokensPerMs = policy.requestsPerSecond / policy.timeWindowMs;
    this.#tokens = policy.burstSize;
    this.#filledAt = clock.now();
  }

  /** How long until there is a token, in milliseconds; 0 when there is one. What came back since is owed. */
  get waitMs(): number {
    this.#fill(this.#clock.now(), Infinity);
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#tokensPerMs;
  }

  /** Takes a token and says 0, or how long until there is one, in milliseconds. */
  take(): number {
    if (this.#tokens < 1) return this.#fillAndTake(this.#policy.burstSize);
    this.#tokens--;
    this.#undated++;
    if (!this.#awaitsTurnEnd) this.#awaitTurnEnd();
    return 0;
  }

  /** The same for those who wait: what came back since is theirs, however much, because it was wanted all the time. */
  takeOwed(): number {
    return this.#fillAndTake(Infinity);
  }

  /** Nobody waits any more: what is over the burst is lost. */
  endOwing(): void {
    this.#tokens = Math.min(this.#policy.burstSize, this.#tokens);
  }

  turnEnded(now: number): void {
    this.#awaitsTurnEnd = false;
    if (this.#undated > 0) this.#fill(now, this.#policy.burstSize);
  }

  #awaitTurnEnd(): void {
    this.#awaitsTurnEnd = true;
    this.#turnEnd.tell(this);
  }

  #fillAndTake(most: number): number {
    this.#fill(this.#clock.now(), most);
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#tokensPerMs;
    this.#tokens--;
    return 0;
  }

  /** Fills it up as if what was taken undated were taken now, which is the latest it can have been. */
  #fill(now: number, most: number): void {
    const before = this.#tokens + this.#undated;
    this.#tokens = Math.min(most, before + (now - this.#filledAt) * this.#tokensPerMs) - this.#undated;
    this.#undated = 0;
    this.#filledAt = now;
  }
}
