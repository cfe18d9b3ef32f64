import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Pass, Verdict } from '../../src/resilience/breaker.ts';
import { RateBreaker, type RatePolicy } from '../../src/resilience/rate-breaker.ts';
import { fakeTime } from './fake-time.ts';

const policy: RatePolicy = {
  errorPercentage: 50,
  windowMs: 10_000,
  minRequestThreshold: 10,
  recoveryTimeoutMs: 30_000,
};

let clock: Clock;
beforeEach(() => void (clock = fakeTime()));
afterEach(() => void vi.useRealTimers());

/** opossum counts a call's end a few promises later. */
async function counted(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

function breakerWith(changes: Partial<RatePolicy> = {}) {
  const moves: string[] = [];
  const listener = (from: string, to: string): void => void moves.push(`${from} -> ${to}`);
  const breaker = new RateBreaker({ ...policy, ...changes }, clock, listener);
  const admitted = (): Pass => {
    const pass = breaker.admit();
    if (pass === undefined) throw new Error('the breaker let nothing through');
    return pass;
  };
  const call = async (verdict: Verdict, times = 1): Promise<void> => {
    for (let time = 0; time < times; time++) admitted().settle(verdict);
    await counted();
  };
  return { breaker, moves, admitted, call };
}

describe('a breaker by rate', () => {
  it('opens when more than half of at least 10 calls in 10 s have failed', async () => {
    const { breaker, call } = breakerWith();
    await call('success', 4);
    await call('failure', 5);
    expect(breaker.state).toBe('closed'); // nine calls are too few to judge
    await call('failure');
    expect([breaker.state, breaker.admit()]).toEqual(['open', undefined]);
  });

  it('stays closed at half', async () => {
    const { breaker, call } = breakerWith();
    await call('success', 50);
    await call('failure', 50);
    expect(breaker.state).toBe('closed');
  });

  it('forgets what is older than its window', async () => {
    const { breaker, call } = breakerWith();
    await call('failure', 9);
    vi.advanceTimersByTime(11_000);
    await call('success', 8);
    await call('failure', 2);
    expect(breaker.state).toBe('closed');
  });

  it('lets one probe through 30 s after it opened, and closes when that succeeds', async () => {
    const { breaker, call, admitted, moves } = breakerWith();
    await call('failure', 10);
    expect(breaker.retryAfterMs).toBe(30_000);
    vi.advanceTimersByTime(29_999);
    expect(breaker.admit()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect([breaker.state, breaker.retryAfterMs]).toEqual(['half-open', 0]);
    const probe = admitted();
    expect(breaker.admit()).toBeUndefined();
    probe.settle('success');
    await counted();
    expect(moves).toEqual(['closed -> open', 'open -> half-open', 'half-open -> closed']);
  });

  it.each<Verdict>(['failure', 'neutral'])(
    'opens again for 30 s after a probe that says %s',
    async (verdict) => {
      const { breaker, call, admitted } = breakerWith();
      await call('failure', 10);
      vi.advanceTimersByTime(30_000);
      const probe = admitted();
      vi.advanceTimersByTime(5000);
      probe.settle(verdict);
      await counted();
      expect([breaker.state, breaker.retryAfterMs]).toEqual(['open', 30_000]);
      vi.advanceTimersByTime(30_000);
      await call('success');
      expect(breaker.state).toBe('closed');
    },
  );

  it('is closed by a reset, with nothing held against the new plugin behind it', async () => {
    const { breaker, call } = breakerWith();
    await call('failure', 9);
    breaker.reset();
    await call('failure', 9);
    expect(breaker.state).toBe('closed');
    await call('failure');
    expect(breaker.state).toBe('open');
    breaker.reset();
    expect(breaker.state).toBe('closed');
    await call('failure', 9);
    expect(breaker.state).toBe('closed');
  });

  it('lets no late end of an old call close or open it after a reset', async () => {
    const { breaker, call, admitted } = breakerWith();
    const slow = Array.from({ length: 20 }, admitted);
    await call('failure', 10);
    breaker.reset();
    for (const pass of slow) pass.settle('failure');
    await counted();
    expect(breaker.state).toBe('closed');
  });

  it('has no timer once it is closed for good, even if calls end later', async () => {
    const { breaker, call, admitted, moves } = breakerWith();
    const slow = Array.from({ length: 20 }, admitted);
    await call('success', 1);
    breaker.close();
    for (const pass of slow) pass.settle('failure');
    await counted();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(moves).toEqual([]);
  });
});
