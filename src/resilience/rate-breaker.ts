import Opossum from 'opossum';

import type { Clock } from '../core/clock.ts';
import type { Breaker, BreakerListener } from './breaker.ts';
import { BreakerMachine, type Opening } from './breaker-machine.ts';

/** When the breaker opens at a share of failures. */
export interface RatePolicy {
  /** The share of failures that opens it, 0 to 100. */
  readonly errorPercentage: number;
  /** Calls are counted over so long, in milliseconds. */
  readonly windowMs: number;
  /** It does not open before so many calls in the window. */
  readonly minRequestThreshold: number;
  /** From the last failure to the one probe, in milliseconds. */
  readonly recoveryTimeoutMs: number;
}

/** opossum's breaker: a share of failures in its rolling window opens it, one probe decides whether it closes. */
export function rateBreaker(policy: RatePolicy, clock: Clock, listener: BreakerListener): Breaker {
  const circuit = new Opossum(async () => {}, {
    timeout: false,
    resetTimeout: policy.recoveryTimeoutMs,
    rollingCountTimeout: policy.windowMs,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  const recovery = { recoveryTimeoutMs: policy.recoveryTimeoutMs, successThreshold: 1 };
  return new BreakerMachine(circuit, new Share(policy, circuit.status), recovery, clock, listener);
}

/** Counts into opossum's window, which forgets by itself what is too old. */
class Share implements Opening {
  readonly #policy: RatePolicy;
  readonly #counted: Opossum.Status;

  constructor(policy: RatePolicy, counted: Opossum.Status) {
    this.#policy = policy;
    this.#counted = counted;
  }

  succeeded(): void {
    const [now] = this.#counted.window;
    if (now !== undefined) now.fires++;
  }

  failed(): boolean {
    const [now] = this.#counted.window;
    if (now !== undefined) {
      now.fires++;
      now.failures++;
    }
    const { fires, failures } = this.#counted.stats;
    const { errorPercentage, minRequestThreshold } = this.#policy;
    return fires >= minRequestThreshold && (failures / fires) * 100 > errorPercentage;
  }

  forget(): void {
    for (const bucket of this.#counted.window) bucket.fires = bucket.failures = 0;
  }
}
