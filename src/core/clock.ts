/** A started timer. */
export interface Timer {
  cancel(): void;
  /** Whether the timer alone may keep the process alive; a new one may. */
  keepAlive(yes: boolean): void;
}

/** The only door to time, so that tests can hold it. */
export interface Clock {
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  now(): number;
  /** The time of day, for records. It may jump. */
  date(): Date;
  /** Runs `task` once, `afterMs` milliseconds from now. */
  startTimer(afterMs: number, task: () => void): Timer;
}

/** Node fires a longer timer at once, so longer ones are cut to this (24.8 days). */
const longestTimerMs = 2 ** 31 - 1;

/** The computer's own clock: `performance.now` for spans, `Date` for records. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  startTimer(afterMs, task) {
    const timer = setTimeout(task, Math.min(Math.max(afterMs, 0), longestTimerMs));
    return {
      cancel: () => clearTimeout(timer),
      keepAlive: (yes) => void (yes ? timer.ref() : timer.unref()),
    };
  },
};
