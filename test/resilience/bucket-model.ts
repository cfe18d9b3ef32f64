import * as fc from 'fast-check';
import type { BucketPolicy } from '../../src/resilience/token-bucket.ts';

/** How far a sum of fractions may be from the exact one, in milliseconds of waiting. */
export const roundingMs = 1e-3;

/** Tokens as exact fractions: `filled` of them are `parts` each, so that a model has no rounding of its own. */
export class ModelBucket {
  #parts: bigint;
  readonly #rate: bigint;
  readonly #whole: bigint;
  readonly #most: bigint;

  constructor(policy: BucketPolicy) {
    this.#rate = BigInt(policy.requestsPerSecond);
    this.#whole = BigInt(policy.timeWindowMs);
    this.#most = BigInt(policy.burstSize) * this.#whole;
    this.#parts = this.#most;
  }

  pass(ms: number): void {
    const filled = this.#parts + BigInt(ms) * this.#rate;
    this.#parts = filled < this.#most ? filled : this.#most;
  }

  /** How long until there is a token, in milliseconds; 0 when there is one. */
  get waitMs(): number {
    return this.#parts >= this.#whole ? 0 : Number(this.#whole - this.#parts) / Number(this.#rate);
  }

  /** The wait that an exact bucket would ask for; 0 takes a token. */
  take(): number {
    const { waitMs } = this;
    if (waitMs === 0) this.spend();
    return waitMs;
  }

  /** Takes a token, there or not. */
  spend(): void {
    this.#parts -= this.#whole;
  }
}

/** Buckets of all sizes. */
export const policies = fc.record({
  requestsPerSecond: fc.integer({ min: 1, max: 5000 }),
  burstSize: fc.integer({ min: 1, max: 200 }),
  timeWindowMs: fc.integer({ min: 1, max: 100_000 }),
});
