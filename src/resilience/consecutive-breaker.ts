import { EventEmitter } from 'node:events';

import Opossum from 'opossum';

import type { Clock } from '../core/clock.ts';
import type { Breaker, BreakerListener } from './breaker.ts';
import { BreakerMachine, type Opening, type Recovery } from './breaker-machine.ts';

/** When the breaker opens after failures in a row, and how it closes again. */
export interface ConsecutivePolicy extends Recovery {
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** It does not open before so many calls have ended. */
  readonly minRequestThreshold: number;
}

/** opossum rotates its statistics on an interval; a streak needs none. */
const neverRotates = new EventEmitter().setMaxListeners(0);

/** The documented breaker of go-plugins: failures in a row open it. */
export function consecutiveBreaker(
  policy: ConsecutivePolicy,
  clock: Clock,
  listener: BreakerListener,
): Breaker {
  const circuit = new Opossum(async () => {}, {
    timeout: false,
    resetTimeout: policy.recoveryTimeoutMs,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    rotateBucketController: neverRotates,
  });
  return new BreakerMachine(circuit, new Streak(policy), policy, clock, listener);
}

class Streak implements Opening {
  readonly #policy: ConsecutivePolicy;
  #ended = 0;
  #failuresInARow = 0;

  constructor(policy: ConsecutivePolicy) {
    this.#policy = policy;
  }

  succeeded(): void {
    this.#ended++;
    this.#failuresInARow = 0;
  }

  failed(): boolean {
    this.#ended++;
    this.#failuresInARow++;
    const { failureThreshold, minRequestThreshold } = this.#policy;
    return this.#failuresInARow >= failureThreshold && this.#ended >= minRequestThreshold;
  }

  forget(): void {
    this.#ended = this.#failuresInARow = 0;
  }
}
