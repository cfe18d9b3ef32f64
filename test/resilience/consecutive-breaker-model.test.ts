import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Pass, Verdict } from '../../src/resilience/breaker.ts';
import { ConsecutiveBreaker, type ConsecutivePolicy } from '../../src/resilience/consecutive-breaker.ts';
import { BreakerModel, type ModelPass } from './breaker-model.ts';
import { fakeTime } from './fake-time.ts';

let clock: Clock;
beforeEach(() => void (clock = fakeTime()));
afterEach(() => void vi.useRealTimers());

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
      arbitrary: fc
        .tuple(
          fc.nat(20),
          fc.constantFrom<Verdict>('failure', 'failure', 'failure', 'success', 'success', 'neutral'),
        )
        .map<Step>(([which, verdict]) => ({ do: 'settle', which, verdict })),
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
    this.breaker = new ConsecutiveBreaker(
      policy,
      clock,
      (from, to) => void this.moves.push(`${from} -> ${to}`),
    );
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
      { numRuns: 2000 },
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
      fc.property(
        policies,
        histories,
        fc.constantFrom<Verdict>('success', 'failure', 'neutral'),
        (policy, history, end) => {
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
        },
      ),
      { numRuns: 1000 },
    );
  });
});
