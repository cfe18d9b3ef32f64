import type { BreakerState, Verdict } from '../../src/resilience/breaker.ts';
import type { ConsecutivePolicy } from '../../src/resilience/consecutive-breaker.ts';

/** A call that the model let through: in which life of the machine. */
export interface ModelPass {
  readonly life: number;
}

/**
 * The documented machine, written down as plainly as its documentation says it, with a time of its own:
 * closed -> open after `failureThreshold` failures in a row, once `minRequestThreshold` calls were seen;
 * open -> half-open when `recoveryTimeoutMs` have passed since the last failure;
 * half-open: at most `successThreshold` probes run or are done; so many successes close it, any failure opens it.
 * What was admitted in an earlier life says nothing more, except that a late failure is still a failure:
 * while it is open the recovery time counts from there.
 */
export class BreakerModel {
  state: BreakerState = 'closed';
  readonly moves: string[] = [];
  nowMs = 0;
  readonly #policy: ConsecutivePolicy;
  #life = 0;
  #seen = 0;
  #streak = 0;
  #probes = 0;
  #successes = 0;
  #lastFailureMs = -Infinity;

  constructor(policy: ConsecutivePolicy) {
    this.#policy = policy;
  }

  get retryAfterMs(): number {
    return this.state === 'open' ? this.#lastFailureMs + this.#policy.recoveryTimeoutMs - this.nowMs : 0;
  }

  advance(ms: number): void {
    this.nowMs += ms;
    const recovered = this.nowMs >= this.#lastFailureMs + this.#policy.recoveryTimeoutMs;
    if (this.state === 'open' && recovered) this.#become('half-open');
  }

  admit(): ModelPass | undefined {
    if (this.state === 'open') return undefined;
    if (this.state === 'half-open' && this.#probes >= this.#policy.successThreshold) return undefined;
    if (this.state === 'half-open') this.#probes++;
    return { life: this.#life };
  }

  settle({ life }: ModelPass, verdict: Verdict): void {
    const isLate = life !== this.#life;
    if (isLate && verdict === 'failure' && this.state === 'open') this.#lastFailureMs = this.nowMs;
    if (isLate) return;
    if (verdict === 'neutral') this.#probes = Math.max(0, this.#probes - 1);
    if (verdict === 'success') this.#succeeded();
    if (verdict === 'failure') this.#failed();
  }

  reset(): void {
    this.#become('closed');
  }

  #succeeded(): void {
    this.#seen++;
    this.#streak = 0;
    this.#successes++;
    if (this.state === 'half-open' && this.#successes === this.#policy.successThreshold)
      this.#become('closed');
  }

  #failed(): void {
    this.#seen++;
    this.#streak++;
    this.#lastFailureMs = this.nowMs;
    const { failureThreshold, minRequestThreshold } = this.#policy;
    const isTooMuch = this.#streak >= failureThreshold && this.#seen >= minRequestThreshold;
    if (this.state === 'half-open' || isTooMuch) this.#become('open');
  }

  #become(to: BreakerState): void {
    if (to !== this.state) this.moves.push(`${this.state} -> ${to}`);
    this.state = to;
    this.#life++;
    this.#seen = this.#streak = this.#probes = this.#successes = 0;
  }
}
