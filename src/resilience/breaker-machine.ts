import type { Clock } from '../core/clock.ts';
import type { Breaker, BreakerListener, BreakerState, Pass, Verdict } from './breaker.ts';

/** What opens a closed breaker: it hears how calls ended, and judges. */
export interface Opening {
  succeeded(): void;
  /** Whether this failure is one too many. */
  failed(): boolean;
  /** What came before counts no more. */
  forget(): void;
}

/** How an open breaker closes again. */
export interface Recovery {
  /** From the last failure to the first probe, in milliseconds. */
  readonly recoveryTimeoutMs: number;
  /** Probes that must succeed to close it; at most so many run or are done. */
  readonly successThreshold: number;
}

/** What opossum does for us: it holds the state, and is half-open a time after it opened. */
export interface Circuit {
  on(event: 'halfOpen', listener: () => void): unknown;
  open(): void;
  close(): void;
  /** Ends its timers. */
  shutdown(): void;
}

/**
 * closed → open when its opening says so → half-open after the recovery time since the last failure → closed after
 * enough successful probes, or open again at any failure. Calls do not run through opossum, because it takes every end of a call for a success or a failure, and one of an earlier state for news.
 */
export class BreakerMachine implements Breaker {
  readonly #circuit: Circuit;
  readonly #opening: Opening;
  readonly #recovery: Recovery;
  readonly #clock: Clock;
  readonly #listener: BreakerListener;
  #state: BreakerState = 'closed';
  /** A new one for each state: calls admitted before say nothing about the state after. */
  #pass: Pass = this.#newPass();
  #probes = 0;
  #probeSuccesses = 0;
  #lastFailureAt = -Infinity;

  constructor(
    circuit: Circuit,
    opening: Opening,
    recovery: Recovery,
    clock: Clock,
    listener: BreakerListener,
  ) {
    this.#circuit = circuit;
    this.#opening = opening;
    this.#recovery = recovery;
    this.#clock = clock;
    this.#listener = listener;
    circuit.on('halfOpen', () => this.#become('half-open'));
  }

  get state(): BreakerState {
    return this.#state;
  }

  get retryAfterMs(): number {
    if (this.#state !== 'open') return 0;
    return Math.max(0, this.#lastFailureAt + this.#recovery.recoveryTimeoutMs - this.#clock.now());
  }

  admit(): Pass | undefined {
    if (this.#state === 'closed') return this.#pass;
    if (this.#state === 'open' || this.#probes >= this.#recovery.successThreshold) return undefined;
    this.#probes++;
    return this.#pass;
  }

  reset(): void {
    this.#circuit.close();
    this.#become('closed');
  }

  close(): void {
    this.#circuit.shutdown();
    this.#pass = this.#newPass(); // what still runs says nothing more
  }

  #newPass(): Pass {
    const isStale = (): boolean => pass !== this.#pass;
    const pass: Pass = {
      get isStale() {
        return isStale();
      },
      settle: (verdict) => this.#settle(verdict, pass),
    };
    return pass;
  }

  #settle(verdict: Verdict, pass: Pass): void {
    if (verdict === 'failure') this.#failed(pass === this.#pass);
    else if (pass === this.#pass && verdict === 'success') this.#succeeded();
    else if (pass === this.#pass && this.#state === 'half-open') this.#probes--;
  }

  #succeeded(): void {
    if (this.#state === 'closed') return this.#opening.succeeded();
    if (++this.#probeSuccesses < this.#recovery.successThreshold) return;
    this.#circuit.close();
    this.#become('closed');
  }

  #failed(isCurrent: boolean): void {
    if (!isCurrent && this.#state !== 'open') return;
    this.#lastFailureAt = this.#clock.now();
    if (this.#state === 'open') return this.#restartTimer();
    if (this.#state === 'closed' && !this.#opening.failed()) return;
    this.#circuit.open();
    this.#become('open');
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
    this.#probes = this.#probeSuccesses = 0;
    this.#opening.forget();
    if (from !== to) this.#listener(from, to);
  }
}
