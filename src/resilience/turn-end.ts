import type { Clock, Timer } from '../core/clock.ts';

/** Somebody who has something to date: when its turn of the event loop is over is near enough. */
export interface Undated {
  turnEnded(now: number): void;
}

/**
 * The end of the present turn of the event loop: one timer and one look at the clock for all who wait for it. A look
 * costs a call in this process a third of its time, and most are over within the turn that made them.
 */
export class TurnEnd {
  readonly #clock: Clock;
  #waiting: Undated[] = [];
  #timer: Timer | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells `one` once. */
  tell(one: Undated): void {
    this.#waiting.push(one);
    this.#timer ??= this.#clock.startTimer(0, () => this.#end());
  }

  /** Ends the timer; nobody is told any more. */
  close(): void {
    this.#timer?.cancel();
    this.#waiting = [];
  }

  #end(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const one of waiting) one.turnEnded(now);
  }
}
