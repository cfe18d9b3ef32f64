import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Pass, Verdict } from '../../src/resilience/breaker.ts';
import { consecutiveBreaker, type ConsecutivePolicy } from '../../src/resilience/consecutive-breaker.ts';
import { fakeTime } from './fake-time.ts';

const defaults: ConsecutivePolicy = {
  failureThreshold: 5,
  minRequestThreshold: 3,
  recoveryTimeoutMs: 30_000,
  successThreshold: 2,
};

let clock: Clock;
beforeEach(() => void (clock = fakeTime()));
afterEach(() => void vi.useRealTimers());

/** A breaker, what it told its listener, and calls that end as they are told. */
function breakerWith(policy: Partial<ConsecutivePolicy> = {}) {
  const moves: string[] = [];
  const listener = (from: string, to: string): void => void moves.push(`${from} -> ${to}`);
  const breaker = consecutiveBreaker({ ...defaults, ...policy }, clock, listener);
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

describe('a consecutive breaker', () => {
  it('opens after 5 failures in a row, and lets nothing through then', () => {
    const { breaker, call } = breakerWith();
    call('failure', 4);
    expect(breaker.state).toBe('closed');
    call('failure');
    expect(breaker.state).toBe('open');
    expect(breaker.admit()).toBeUndefined();
  });

  it('begins its count anew with each success', () => {
    const { breaker, call } = breakerWith();
    for (let round = 0; round < 100; round++) {
      call('failure', 4);
      call('success');
    }
    expect(breaker.state).toBe('closed');
  });

  it('does not open before it has seen 3 calls', () => {
    const { breaker, call } = breakerWith({ failureThreshold: 1 });
    call('failure', 2);
    expect(breaker.state).toBe('closed');
    call('failure');
    expect(breaker.state).toBe('open');
  });

  it('does not count what says nothing of the plugin', () => {
    const { breaker, call } = breakerWith();
    call('failure', 4);
    call('neutral', 10);
    expect(breaker.state).toBe('closed');
    call('failure');
    expect(breaker.state).toBe('open');
  });

  it('is half-open 30 s after the last failure, without being asked', () => {
    const { breaker, call, moves } = breakerWith();
    call('failure', 5);
    expect(breaker.retryAfterMs).toBe(30_000);
    vi.advanceTimersByTime(29_999);
    expect([breaker.state, breaker.retryAfterMs]).toEqual(['open', 1]);
    vi.advanceTimersByTime(1);
    expect(moves).toEqual(['closed -> open', 'open -> half-open']);
    expect(breaker.retryAfterMs).toBe(0);
  });

  it('counts the 30 s from a failure that comes after it opened', () => {
    const { breaker, admitted, call } = breakerWith();
    const slow = admitted();
    call('failure', 5);
    vi.advanceTimersByTime(20_000);
    slow.settle('failure');
    vi.advanceTimersByTime(29_999);
    expect(breaker.state).toBe('open');
    vi.advanceTimersByTime(1);
    expect(breaker.state).toBe('half-open');
  });

  it('lets 2 probes through, and closes when both succeed', () => {
    const { breaker, admitted, call } = breakerWith();
    call('failure', 5);
    vi.advanceTimersByTime(30_000);
    const probes = [admitted(), admitted()];
    expect(breaker.admit()).toBeUndefined();
    probes[0]?.settle('success');
    expect(breaker.admit()).toBeUndefined(); // one runs, one is done: that is two
    probes[1]?.settle('success');
    expect(breaker.state).toBe('closed');
    call('failure', 4);
    expect(breaker.state).toBe('closed'); // and nothing is held against it
  });

  it('opens again when a probe fails, with a new 30 s', () => {
    const { breaker, admitted, call } = breakerWith();
    call('failure', 5);
    vi.advanceTimersByTime(30_000);
    const [first, second] = [admitted(), admitted()];
    first.settle('success');
    vi.advanceTimersByTime(10_000);
    second.settle('failure');
    expect([breaker.state, breaker.retryAfterMs]).toEqual(['open', 30_000]);
    vi.advanceTimersByTime(29_999);
    expect(breaker.state).toBe('open');
    vi.advanceTimersByTime(1);
    expect(breaker.state).toBe('half-open');
  });

  it('gives the place of a probe that said nothing to another', () => {
    const { breaker, admitted, call } = breakerWith({ successThreshold: 1 });
    call('failure', 5);
    vi.advanceTimersByTime(30_000);
    const probe = admitted();
    expect(breaker.admit()).toBeUndefined();
    probe.settle('neutral');
    call('success');
    expect(breaker.state).toBe('closed');
  });

  it('waits for a probe that takes its time, and for nothing else', () => {
    const { breaker, admitted, call } = breakerWith({ successThreshold: 1 });
    call('failure', 5);
    vi.advanceTimersByTime(30_000);
    const probe = admitted();
    vi.advanceTimersByTime(3_600_000);
    expect([breaker.state, breaker.admit()]).toEqual(['half-open', undefined]);
    probe.settle('success');
    expect(breaker.state).toBe('closed');
  });

  it('does not hear late answers of calls from before it opened', () => {
    const { breaker, admitted, call } = breakerWith({ successThreshold: 1 });
    const slow = [admitted(), admitted(), admitted()];
    call('failure', 5);
    vi.advanceTimersByTime(30_000);
    slow[0]?.settle('success');
    expect(breaker.state).toBe('half-open');
    slow[1]?.settle('failure');
    expect(breaker.state).toBe('half-open');
    slow[2]?.settle('neutral');
    call('success');
    expect(breaker.state).toBe('closed');
  });

  it('is closed by a reset, whatever it was, and remembers nothing', () => {
    const { breaker, call, moves } = breakerWith();
    call('failure', 4);
    breaker.reset();
    call('failure', 4);
    expect(breaker.state).toBe('closed');
    call('failure');
    breaker.reset();
    expect(breaker.state).toBe('closed');
    vi.advanceTimersByTime(60_000);
    expect(moves).toEqual(['closed -> open', 'open -> closed']);
    call('failure', 4);
    expect(breaker.state).toBe('closed');
  });

  it('has one timer while it is open, and none otherwise', () => {
    const { breaker, admitted, call } = breakerWith();
    const slow = admitted();
    expect(vi.getTimerCount()).toBe(0);
    call('failure', 5);
    slow.settle('failure');
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(30_000);
    expect(vi.getTimerCount()).toBe(0);
    call('failure');
    breaker.reset();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has no timer once it is closed for good, even if calls end later', () => {
    const { breaker, admitted, call, moves } = breakerWith();
    const slow = Array.from({ length: 10 }, admitted);
    call('failure', 5);
    breaker.close();
    for (const pass of slow) pass.settle('failure');
    breaker.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(moves).toEqual(['closed -> open']);
  });
});
