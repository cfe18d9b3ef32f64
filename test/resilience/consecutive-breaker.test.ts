import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Pass, Verdict } from '../../src/resilience/breaker.ts';
import { ConsecutiveBreaker, type ConsecutivePolicy } from '../../src/resilience/consecutive-breaker.ts';
import { BreakerModel, type ModelPass } from './breaker-model.ts';
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
  const breaker = new ConsecutiveBreaker({ ...defaults, ...policy }, clock, listener);
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

type Step =
  | { readonly do: 'admit' }
  | { readonly do: 'settle'; readonly which: number; readonly verdict: Verdict }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'reset' };

const policies = fc.record({
  failureThreshold: fc.integer({ min: 1, max: 6 }),
  minRequestThreshold: fc.integer({ min: 0, max: 8 }),
  recoveryTimeoutMs: fc.integer({ min: 1, max: 1000 }),
  successThreshold: fc.integer({ min: 1, max: 4 }),
});

// failures are the most frequent, or most histories would never leave `closed`
const histories = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.constant<Step>({ do: 'admit' }) },
    {
      weight: 10,
      arbitrary: fc.record<Step>({
        do: fc.constant('settle'),
        which: fc.nat(20),
        verdict: fc.constantFrom('failure', 'failure', 'failure', 'success', 'success', 'neutral'),
      } as never),
    },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 700 }).map<Step>((ms) => ({ do: 'advance', ms })) },
    { weight: 1, arbitrary: fc.constant<Step>({ do: 'reset' }) },
  ),
  { minLength: 1, maxLength: 150, size: 'max' },
);

/** Asked a million times, so that an `expect` for each would be most of the work. */
function same<T>(found: T, expected: T): void {
  if (found !== expected) expect(found).toBe(expected);
}

/** Both machines through one history; each call that is under way in one is in the other. */
class Twins {
  readonly moves: string[] = [];
  readonly breaker: ConsecutiveBreaker;
  readonly model: BreakerModel;
  readonly #running: { readonly pass: Pass; readonly model: ModelPass }[] = [];

  constructor(policy: ConsecutivePolicy) {
    this.breaker = new ConsecutiveBreaker(policy, clock, (from, to) => void this.moves.push(`${from} -> ${to}`));
    this.model = new BreakerModel(policy);
  }

  take(step: Step): void {
    if (step.do === 'admit') this.#admit();
    else if (step.do === 'settle') this.#settle(step.which, step.verdict);
    else if (step.do === 'reset') [this.breaker, this.model].forEach((machine) => machine.reset());
    else this.#advance(step.ms);
    same(this.breaker.state, this.model.state);
    same(this.breaker.retryAfterMs, this.model.retryAfterMs);
    same(this.moves.length, this.model.moves.length);
    same(this.moves.at(-1), this.model.moves.at(-1));
    same(vi.getTimerCount(), this.model.state === 'open' ? 1 : 0);
  }

  /** Every call under way ends. */
  settleAll(verdict: Verdict): void {
    while (this.#running.length > 0) this.take({ do: 'settle', which: 0, verdict });
  }

  #admit(): void {
    const [pass, model] = [this.breaker.admit(), this.model.admit()];
    same(pass === undefined, model === undefined);
    if (pass !== undefined && model !== undefined) this.#running.push({ pass, model });
  }

  #settle(which: number, verdict: Verdict): void {
    const [call] = this.#running.splice(which % Math.max(1, this.#running.length), 1);
    if (call === undefined) return;
    call.pass.settle(verdict);
    this.model.settle(call.model, verdict);
  }

  #advance(ms: number): void {
    vi.advanceTimersByTime(ms);
    this.model.advance(ms);
  }
}

describe('a consecutive breaker, against a model of the documented machine', () => {
  it('is in the same state after each step of any history, and told of the same moves', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(policies, histories, (policy, history) => {
        const twins = new Twins(policy);
        for (const step of history) twins.take(step);
        for (const move of twins.moves) seen.add(move);
        twins.breaker.close();
        vi.clearAllTimers();
      }),
      { numRuns: 5000 },
    );
    expect([...seen].toSorted()).toEqual([
      'closed -> open',
      'half-open -> closed',
      'half-open -> open',
      'open -> closed', // by a reset
      'open -> half-open',
    ]);
  });

  it('always comes back: when all calls have ended, time and two good probes close it', () => {
    fc.assert(
      fc.property(policies, histories, fc.constantFrom<Verdict>('success', 'failure', 'neutral'), (policy, history, end) => {
        const twins = new Twins(policy);
        for (const step of history) twins.take(step);
        twins.settleAll(end);
        twins.take({ do: 'advance', ms: policy.recoveryTimeoutMs });
        // probes that succeeded earlier count, so that fewer may be enough
        for (let probe = 0; probe < policy.successThreshold && twins.breaker.state !== 'closed'; probe++) {
          twins.take({ do: 'admit' });
          twins.settleAll('success');
        }
        expect(twins.breaker.state).toBe('closed');
        twins.breaker.close();
        vi.clearAllTimers();
      }),
      { numRuns: 3000 },
    );
  });
});
