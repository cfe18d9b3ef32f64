import Opossum from 'opossum';

import type { Clock } from '../core/clock.ts';
import type { Breaker, BreakerListener, BreakerState, Pass, Verdict } from './breaker.ts';

/** When the breaker opens at a share of failures. */
export interface RatePolicy {
  /** The share of failures that opens it, 0 to 100. */
  readonly errorPercentage: number;
  /** Calls are counted over so long, in milliseconds. */
  readonly windowMs: number;
  /** It does not open before so many calls in the window. */
  readonly minRequestThreshold: number;
  /** From opening to the one probe, in milliseconds. */
  readonly recoveryTimeoutMs: number;
}

type Settle = (verdict: Verdict) => void;
type Circuit = Opossum<[(settle: Settle) => void]>;

/** opossum as it is: a share of failures in a rolling window opens it, one probe decides whether it closes. */
export class RateBreaker implements Breaker {
  readonly #policy: RatePolicy;
  readonly #clock: Clock;
  #circuit: Circuit;
  readonly #listener: BreakerListener;
  #state: BreakerState = 'closed';
  #openedAt = -Infinity;

  constructor(policy: RatePolicy, clock: Clock, listener: BreakerListener) {
    this.#policy = policy;
    this.#clock = clock;
    this.#listener = listener;
    this.#circuit = this.#newCircuit();
  }

  get state(): BreakerState {
    return this.#state;
  }

  get retryAfterMs(): number {
    if (this.#state !== 'open') return 0;
    return Math.max(0, this.#openedAt + this.#policy.recoveryTimeoutMs - this.#clock.now());
  }

  admit(): Pass | undefined {
    if (!this.#circuit.closed && !this.#circuit.pendingClose) return undefined;
    const isProbe = this.#circuit.halfOpen;
    let settle: Settle = () => {};
    this.#circuit.fire((own) => (settle = own)).catch(() => {}); // the call hears its own error elsewhere
    // opossum has no neutral; a probe that says nothing must not close the circuit.
    return { settle: (verdict) => settle(verdict === 'neutral' && isProbe ? 'failure' : verdict) };
  }

  reset(): void {
    this.#circuit.shutdown(); // closing would keep the failures in its window
    this.#circuit = this.#newCircuit();
    this.#become('closed');
  }

  close(): void {
    this.#circuit.shutdown();
  }

  #newCircuit(): Circuit {
    const circuit: Circuit = new Opossum(runUntilSettled, {
      timeout: false,
      resetTimeout: this.#policy.recoveryTimeoutMs,
      errorThresholdPercentage: this.#policy.errorPercentage,
      volumeThreshold: this.#policy.minRequestThreshold,
      rollingCountTimeout: this.#policy.windowMs,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
    });
    circuit.on('open', () => this.#become('open'));
    circuit.on('halfOpen', () => this.#become('half-open'));
    circuit.on('close', () => this.#become('closed'));
    return circuit;
  }

  #become(to: BreakerState): void {
    const from = this.#state;
    this.#state = to;
    if (to === 'open') this.#openedAt = this.#clock.now();
    if (from !== to) this.#listener(from, to);
  }
}

/** The action that opossum watches: it lasts as long as the call, and ends as the call ended. */
function runUntilSettled(start: (settle: Settle) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((verdict) => (verdict === 'failure' ? reject(new Failed()) : resolve()));
  });
}

class Failed extends Error {}
