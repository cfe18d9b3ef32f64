/** Retries that may be saved up while nothing fails, so that a quiet plugin has some for its first failures. */
const reserve = 100;

/**
 * Keeps retries to a share of calls: each call pays in `ratio`, each retry takes out 1. When a plugin fails as a
 * whole, retries then add a fifth to its load at most, instead of multiplying it.
 */
export class RetryBudget {
  readonly #ratio: number;
  #saved: number;

  /** With what the budget before it had left: other settings are no new reserve. */
  constructor(ratio: number, before?: RetryBudget) {
    this.#ratio = ratio;
    this.#saved = before === undefined ? reserve : before.#saved;
  }

  /** A call has begun. */
  deposit(): void {
    if (this.#saved < reserve) this.#saved += this.#ratio;
  }

  /** Whether one more retry may be made. */
  withdraw(): boolean {
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }
}
