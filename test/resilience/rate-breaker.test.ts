import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Pass, Verdict } from '../../src/resilience/breaker.ts';
import { rateBreaker, type RatePolicy } from '../../src/resilience/rate-breaker.ts';
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

function breakerWith(changes: Partial<RatePolicy> = {}) {
  const moves: string[] = [];
  const listener = (from: string, to: string): void => void moves.push(`${from} -> ${to}`);
  const breaker = rateBreaker({ ...policy, ...changes }, clock, listener);
  const admitted = (): Pass => {
    const pass = breaker.admit();
    if (pass === undefined) throw new Error('the breaker let nothing through');
    return pass;
  };
  const call = (verdict: Verdict, times = 1): void => {
    for (let time = 0; time < times; time++) admitted().settle(verdict);
  };
  return { breaker, moves, admitted, call };
}

describe('a breaker by rate', () => {
  it('opens when more than half of at least 10 calls in 10 s have failed', () => {
    const { breaker, call } = breakerWith();
    call('success', 4);
    call('failure', 5);
    expect(breaker.state).toBe('closed'); // nine calls are too few to judge
    call('failure');
    expect([breaker.state, breaker.admit()]).toEqual(['open', undefined]);
  });

  it('stays closed at half', () => {
    const { breaker, call } = breakerWith();
    call('success', 50);
    call('failure', 50);
    expect(breaker.state).toBe('closed');
  });

  it('forgets what is older than its window', () => {
    const { breaker, call } = breakerWith();
    call('failure', 9);
    vi.advanceTimersByTime(11_000);
    call('success', 8);
    call('failure', 2);
    expect(breaker.state).toBe('closed');
  });

  it('lets one probe through 30 s after it opened, and closes when that succeeds', () => {
    const { breaker, call, admitted, moves } = breakerWith();
    call('failure', 10);
    expect(breaker.retryAfterMs).toBe(30_000);
    vi.advanceTimersByTime(29_999);
    expect(breaker.admit()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect([breaker.state, breaker.retryAfterMs]).toEqual(['half-open', 0]);
    const probe = admitted();
    expect(breaker.admit()).toBeUndefined();
    probe.settle('success');
    expect(moves).toEqual(['closed -> open', 'open -> half-open', 'half-open -> closed']);
  });

  it('opens again for 30 s after a probe that fails', () => {
    const { breaker, call, admitted } = breakerWith();
    call('failure', 10);
    vi.advanceTimersByTime(30_000);
    const probe = admitted();
    vi.advanceTimersByTime(5000);
    probe.settle('failure');
    expect([breaker.state, breaker.retryAfterMs]).toEqual(['open', 30_000]);
    vi.advanceTimersByTime(30_000);
    call('success');
    expect(breaker.state).toBe('closed');
  });

  it('gives the place of a probe that said nothing to another', () => {
    const { breaker, call, admitted, moves } = breakerWith();
    call('failure', 10);
    vi.advanceTimersByTime(30_000);
    const probe = admitted();
    expect(breaker.admit()).toBeUndefined();
    probe.settle('neutral');
    expect(breaker.state).toBe('half-open');
    call('success');
    expect(moves).toEqual(['closed -> open', 'open -> half-open', 'half-open -> closed']);
  });

  it('does not count what says nothing of the plugin', () => {
    const { breaker, call } = breakerWith();
    call('failure', 9);
    call('neutral', 100);
    expect(breaker.state).toBe('closed');
    call('failure');
    expect(breaker.state).toBe('open');
  });

  it('does not hear late answers of calls from before it opened', () => {
    const { breaker, call, admitted } = breakerWith();
    const slow = [admitted(), admitted()];
    call('failure', 10);
    vi.advanceTimersByTime(30_000);
    for (const verdict of ['success', 'failure'] as const) {
      slow.shift()?.settle(verdict);
      expect(breaker.state).toBe('half-open');
    }
  });

  it('holds nothing against a plugin that has come back, even within its window', () => {
    const { breaker, call } = breakerWith({ recoveryTimeoutMs: 100 });
    call('failure', 10);
    vi.advanceTimersByTime(100);
    call('success');
    call('failure', 9);
    expect(breaker.state).toBe('closed');
  });

  it('is closed by a reset, with nothing held against the new plugin behind it', () => {
    const { breaker, call } = breakerWith();
    call('failure', 9);
    breaker.reset();
    call('failure', 9);
    expect(breaker.state).toBe('closed');
    call('failure');
    expect(breaker.state).toBe('open');
    breaker.reset();
    expect(breaker.state).toBe('closed');
    call('failure', 9);
    expect(breaker.state).toBe('closed');
  });

  it('lets no late end of an old call close or open it after a reset', () => {
    const { breaker, call, admitted } = breakerWith();
    const slow = Array.from({ length: 20 }, admitted);
    call('failure', 10);
    breaker.reset();
    for (const pass of slow) pass.settle('failure');
    expect(breaker.state).toBe('closed');
  });

  it('has no timer once it is closed for good, even if calls end later', () => {
    const { breaker, call, admitted, moves } = breakerWith();
    const slow = Array.from({ length: 20 }, admitted);
    call('success', 1);
    breaker.close();
    for (const pass of slow) pass.settle('failure');
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(moves).toEqual([]);
  });
});
