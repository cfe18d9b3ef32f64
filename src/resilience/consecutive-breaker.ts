import { EventEmitter } from 'node:events';

import Opossum from 'opossum';

import type { Clock } from '../core/clock.ts';
import type { Breaker, BreakerListener, BreakerState, Pass, Verdict } from './breaker.ts';

/** When the breaker opens after failures in a row, and how it closes again. */
export interface ConsecutivePolicy {
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** It does not open before so many calls have ended. */
  readonly minRequestThreshold: number;
  /** From the last failure to the first probe, in milliseconds. */
  readonly recoveryTimeoutMs: number;
  /** Probes that must succeed to close it; at most so many run or are done. */
  readonly successThreshold: number;
}

/** opossum rotates its statistics on an interval; this machine counts by itself and gives it none. */
const neverRotates = new EventEmitter().setMaxListeners(0);

/**
 * The documented machine of go-plugins: closed → open after failures in a row → half-open after the recovery time
 * since the last failure → closed after enough successful probes, or open again at any failure.
 * opossum holds the state and its timer; what moves it is counted here, so that a call costs a few nanoseconds.
 */
export class ConsecutiveBreaker implements Breaker {
  readonly #policy: ConsecutivePolicy;
  readonly #clock: Clock;
  readonly #listener: BreakerListener;
  readonly #circuit: Opossum;
  #state: BreakerState = 'closed';
  /** A new one for each state: calls admitted before say nothing about the state after. */
  #pass: Pass = this.#newPass();
  #ended = 0;
  #failuresInARow = 0;
  #probes = 0;
  #probeSuccesses = 0;
  #lastFailureAt = -Infinity;

  constructor(policy: ConsecutivePolicy, clock: Clock, listener: BreakerListener) {
    this.#policy = policy;
    this.#clock = clock;
    this.#listener = listener;
    this.#circuit = new Opossum(async () => {}, {
      timeout: false,
      resetTimeout: policy.recoveryTimeoutMs,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: neverRotates,
    });
    this.#circuit.on('halfOpen', () => this.#become('half-open'));
  }

  get state(): BreakerState {
    return this.#state;
  }

  get retryAfterMs(): number {
    if (this.#state !== 'open') return 0;
    return Math.max(0, this.#lastFailureAt + this.#policy.recoveryTimeoutMs - this.#clock.now());
  }

  admit(): Pass | undefined {
    if (this.#state === 'closed') return this.#pass;
    if (this.#state === 'open' || this.#probes >= this.#policy.successThreshold) return undefined;
    this.#probes++;
    return this.#pass;
  }

  reset(): void {
    this.#circuit.close();
    this.#become('closed');
  }

  close(): void {
    this.#circuit.shutdown();
  }

  #newPass(): Pass {
    const pass: Pass = { settle: (verdict) => this.#settle(verdict, pass) };
    return pass;
  }

  #settle(verdict: Verdict, pass: Pass): void {
    if (verdict === 'failure') this.#failed(pass === this.#pass);
    else if (pass === this.#pass && verdict === 'success') this.#succeeded();
    else if (pass === this.#pass && this.#state === 'half-open') this.#probes--;
  }

  #succeeded(): void {
    this.#ended++;
    this.#failuresInARow = 0;
    if (this.#state !== 'half-open' || ++this.#probeSuccesses < this.#policy.successThreshold) return;
    this.#circuit.close();
    this.#become('closed');
  }

  #failed(isCurrent: boolean): void {
    if (!isCurrent && this.#state !== 'open') return;
    this.#lastFailureAt = this.#clock.now();
    if (this.#state === 'open') return this.#restartTimer();
    this.#ended++;
    this.#failuresInARow++;
    if (this.#state === 'closed' && !this.#isTooMuch()) return;
    this.#circuit.open();
    this.#become('open');
  }

  #isTooMuch(): boolean {
    const { failureThreshold, minRequestThreshold } = this.#policy;
    return this.#failuresInARow >= failureThreshold && this.#ended >= minRequestThreshold;
  }

  /** A call that was under way when it opened has failed too: the recovery time counts from there. */
  #restartTimer(): void {
    this.#circuit.close();
    this.#circuit.open();
  }

  #become(to: BreakerState): void {
    const from = this.#state;
    this.#state = to;
    this.#pass = this.#newPass();
    this.#ended = this.#failuresInARow = this.#probes = this.#probeSuccesses = 0;
    if (from !== to) this.#listener(from, to);
  }
}
