import { vi } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';

/**
 * A time that moves only by `vi.advanceTimersByTime`, for all who ask for one: opossum sets its timers on the
 * global `setTimeout`, the breaker reads our clock. Take it back with `vi.useRealTimers()`.
 */
export function fakeTime(): Clock {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    now: 0,
  });
  return {
    now: () => Date.now(),
    date: () => new Date(),
    startTimer(afterMs, task) {
      const timer = setTimeout(task, afterMs);
      return { cancel: () => clearTimeout(timer), keepAlive: () => {} };
    },
  };
}
