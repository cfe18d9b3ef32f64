import type { Clock } from '../../src/core/clock.ts';

/** Whether something came to its end within a time. */
export function within(clock: Clock, timeoutMs: number, what: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.startTimer(timeoutMs, () => resolve(false));
    void what.then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
