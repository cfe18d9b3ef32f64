import type { Clock, Timer } from '../core/clock.ts';

/** What is to be done later; of each origin the last only. */
export class Postponed {
  readonly #clock: Clock;
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(origin: string, afterMs: number, task: () => void): void {
    this.drop(origin);
    const timer = this.#clock.startTimer(afterMs, () => {
      this.#timers.delete(origin);
      task();
    });
    timer.keepAlive(false);
    this.#timers.set(origin, timer);
  }

  drop(origin: string): void {
    this.#timers.get(origin)?.cancel();
    this.#timers.delete(origin);
  }

  dropAll(): void {
    for (const origin of this.#timers.keys()) this.drop(origin);
  }
}
