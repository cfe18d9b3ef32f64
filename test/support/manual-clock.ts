import type { Clock, Timer } from 'plugboard';

interface Waiting {
  readonly at: number;
  readonly task: () => void;
  keepsAlive: boolean;
}

/** A clock whose time moves only by `advance`; it begins at 0, which is the first of January 2030. */
export class ManualClock implements Clock {
  #nowMs = 0;
  /** In the order of their time, and of their start where that is equal. */
  #waiting: Waiting[] = [];

  now(): number {
    return this.#nowMs;
  }

  date(): Date {
    return new Date(Date.UTC(2030, 0, 1) + this.#nowMs);
  }

  startTimer(afterMs: number, task: () => void): Timer {
    const timer: Waiting = { at: this.#nowMs + Math.max(0, afterMs), task, keepsAlive: true };
    const later = this.#waiting.findIndex(({ at }) => at > timer.at);
    this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, timer);
    return {
      cancel: () => this.#drop(timer),
      keepAlive: (yes) => void (timer.keepsAlive = yes),
    };
  }

  /** How long each started timer still waits, in milliseconds, the soonest first. */
  get timersMs(): number[] {
    return this.#waiting.map(({ at }) => at - this.#nowMs);
  }

  /** How many started timers would keep the process alive. */
  get keepingAlive(): number {
    return this.#waiting.filter(({ keepsAlive }) => keepsAlive).length;
  }

  /** Moves time on; what falls due on the way runs in its order, each at its own time. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (let [next] = this.#waiting; next !== undefined && next.at <= end; [next] = this.#waiting) {
      this.#drop(next);
      this.#nowMs = Math.max(this.#nowMs, next.at);
      next.task();
    }
    this.#nowMs = end;
  }

  #drop(timer: Waiting): void {
    this.#waiting = this.#waiting.filter((other) => other !== timer);
  }
}
