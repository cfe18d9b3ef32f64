import type { BreakerState, Verdict } from '../../src/resilience/breaker.ts';
import type { Recovery } from '../../src/resilience/breaker-machine.ts';
import type { ConsecutivePolicy } from '../../src/resilience/consecutive-breaker.ts';
import type { RatePolicy } from '../../src/resilience/rate-breaker.ts';

/** A call that the model let through: in which life of the machine. */
export interface ModelPass {
  readonly life: number;
}

/** When the model opens: judged from how the calls of its present life ended, the oldest first. */
export type ModelRule = (ends: readonly ModelEnd[], nowMs: number) => boolean;

interface ModelEnd {
  readonly failed: boolean;
  readonly atMs: number;
}

/** `failureThreshold` failures in a row, once `minRequestThreshold` calls were seen. */
export function streakRule({ failureThreshold, minRequestThreshold }: ConsecutivePolicy): ModelRule {
  return (ends) => {
    const lastSuccess = ends.findLastIndex(({ failed }) => !failed);
    return ends.length - 1 - lastSuccess >= failureThreshold && ends.length >= minRequestThreshold;
  };
}

/** More than `errorPercentage` of at least `minRequestThreshold` calls in the window, which moves in ten steps. */
export function shareRule({ errorPercentage, minRequestThreshold, windowMs }: RatePolicy): ModelRule {
  const stepOf = (ms: number): number => Math.floor(ms / Math.floor(windowMs / 10));
  return (ends, nowMs) => {
    const counted = ends.filter(({ atMs }) => stepOf(nowMs) - stepOf(atMs) < 10);
    const failures = counted.filter(({ failed }) => failed).length;
    return counted.length >= minRequestThreshold && failures * 100 > errorPercentage * counted.length;
  };
}

/**
 * The documented machine, written down as plainly as its documentation says it, with a time of its own:
 * closed -> open when its rule says so at a failure;
 * open -> half-open when `recoveryTimeoutMs` have passed since the last failure;
 * half-open: at most `successThreshold` probes run or are done; so many successes close it, any failure opens it.
 * What was admitted in an earlier life says nothing more, except that a late failure is still a failure:
 * while it is open the recovery time counts from there.
 */
export class BreakerModel {
  state: BreakerState = 'closed';
  readonly moves: string[] = [];
  nowMs = 0;
  readonly #policy: Recovery;
  readonly #isTooMuch: ModelRule;
  #life = 0;
  #ends: ModelEnd[] = [];
  #probes = 0;
  #successes = 0;
  #lastFailureMs = -Infinity;

  constructor(policy: Recovery, isTooMuch: ModelRule) {
    this.#policy = policy;
    this.#isTooMuch = isTooMuch;
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
    this.#ends.push({ failed: false, atMs: this.nowMs });
    this.#successes++;
    if (this.state === 'half-open' && this.#successes === this.#policy.successThreshold)
      this.#become('closed');
  }

  #failed(): void {
    this.#ends.push({ failed: true, atMs: this.nowMs });
    this.#lastFailureMs = this.nowMs;
    if (this.state === 'half-open' || this.#isTooMuch(this.#ends, this.nowMs)) this.#become('open');
  }

  #become(to: BreakerState): void {
    if (to !== this.state) this.moves.push(`${this.state} -> ${to}`);
    this.state = to;
    this.#life++;
    this.#ends = [];
    this.#probes = this.#successes = 0;
  }
}
