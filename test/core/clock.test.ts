import { describe, expect, it } from 'vitest';
import { systemClock } from 'plugboard';

/** Waits for a real timer, so that one that was started before and fires at once has fired. */
const aTurn = (): Promise<void> => new Promise((resolve) => void systemClock.startTimer(2, resolve));

describe("the computer's clock", () => {
  it('fires a timer once, not before its time', async () => {
    const startedAt = systemClock.now();
    let fired = 0;
    await new Promise<void>((resolve) => {
      systemClock.startTimer(5, () => {
        fired++;
        resolve();
      });
    });
    // Node rounds to whole milliseconds
    expect(systemClock.now() - startedAt).toBeGreaterThan(4);
    await aTurn();
    expect(fired).toBe(1);
  });

  it('does not fire a timer that was cancelled', async () => {
    let fired = false;
    systemClock.startTimer(0, () => (fired = true)).cancel();
    await aTurn();
    expect(fired).toBe(false);
  });

  it.each([2 ** 31, 2 ** 40, Number.MAX_VALUE, Infinity])(
    'does not fire at once for %d ms',
    async (afterMs) => {
      let fired = false;
      const timer = systemClock.startTimer(afterMs, () => (fired = true));
      await aTurn();
      timer.cancel();
      expect(fired).toBe(false);
    },
  );

  it('takes a time that is over for now', async () => {
    const fired = new Promise((resolve) => void systemClock.startTimer(-1000, () => resolve('fired')));
    expect(await fired).toBe('fired');
  });

  it('knows the time of day', () => {
    expect(Math.abs(systemClock.date().getTime() - Date.now())).toBeLessThan(1000);
  });
});
