import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Breaker, BreakerListener, Pass, Verdict } from '../../src/resilience/breaker.ts';
import { consecutiveBreaker, type ConsecutivePolicy } from '../../src/resilience/consecutive-breaker.ts';
import { rateBreaker, type RatePolicy } from '../../src/resilience/rate-breaker.ts';
import { BreakerModel, shareRule, streakRule, type ModelPass } from './breaker-model.ts';
import { fakeTime } from './fake-time.ts';

let clock: Clock;
beforeEach(() => void (clock = fakeTime()));
afterEach(() => void vi.useRealTimers());

type Step =
  | { readonly do: 'admit' }
  | { readonly do: 'settle'; readonly which: number; readonly verdict: Verdict }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'reset' };

/** A breaker of some policy, the model of it, and what else there is to know of it. */
interface Specimen {
  readonly breakerFor: (listener: BreakerListener) => Breaker;
  readonly newModel: () => BreakerModel;
  readonly recovery: { readonly recoveryTimeoutMs: number; readonly successThreshold: number };
  /** Timers of its own while it is not open. */
  readonly timers: number;
}

const consecutive = fc
  .record<ConsecutivePolicy>({
    failureThreshold: fc.integer({ min: 1, max: 6 }),
    minRequestThreshold: fc.integer({ min: 0, max: 8 }),
    recoveryTimeoutMs: fc.integer({ min: 1, max: 1000 }),
    successThreshold: fc.integer({ min: 1, max: 4 }),
  })
  .map<Specimen>((policy) => ({
    breakerFor: (listener) => consecutiveBreaker(policy, clock, listener),
    newModel: () => new BreakerModel(policy, streakRule(policy)),
    recovery: policy,
    timers: 0,
  }));

const byRate = fc
  .record<RatePolicy>({
    errorPercentage: fc.integer({ min: 0, max: 99 }),
    windowMs: fc.integer({ min: 100, max: 2000 }),
    minRequestThreshold: fc.integer({ min: 0, max: 8 }),
    recoveryTimeoutMs: fc.integer({ min: 1, max: 1000 }),
  })
  .map<Specimen>((policy) => {
    const recovery = { recoveryTimeoutMs: policy.recoveryTimeoutMs, successThreshold: 1 };
    return {
      breakerFor: (listener) => rateBreaker(policy, clock, listener),
      newModel: () => new BreakerModel(recovery, shareRule(policy)),
      recovery,
      timers: 1, // its window moves on
    };
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
  readonly breaker: Breaker;
  readonly model: BreakerModel;
  readonly #timers: number;
  readonly #running: { readonly pass: Pass; readonly model: ModelPass }[] = [];

  constructor({ breakerFor, newModel, timers }: Specimen) {
    this.breaker = breakerFor((from, to) => void this.moves.push(`${from} -> ${to}`));
    this.model = newModel();
    this.#timers = timers;
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
    same(vi.getTimerCount(), this.#timers + (this.model.state === 'open' ? 1 : 0));
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

describe.each([
  ['consecutive', consecutive],
  ['by rate', byRate],
])('a breaker (%s), against a model of the documented machine', (_mode, specimens) => {
  it('is in the same state after each step of any history, and told of the same moves', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(specimens, histories, (specimen, history) => {
        const twins = new Twins(specimen);
        for (const step of history) twins.take(step);
        for (const move of twins.moves) seen.add(move);
        twins.breaker.close();
        expect(vi.getTimerCount()).toBe(0);
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

  it('always comes back: when all calls have ended, time and good probes close it', () => {
    fc.assert(
      fc.property(
        specimens,
        histories,
        fc.constantFrom<Verdict>('success', 'failure', 'neutral'),
        (specimen, history, end) => {
          const { recoveryTimeoutMs, successThreshold } = specimen.recovery;
          const twins = new Twins(specimen);
          for (const step of history) twins.take(step);
          twins.settleAll(end);
          twins.take({ do: 'advance', ms: recoveryTimeoutMs });
          // probes that succeeded earlier count, so that fewer may be enough
          for (let probe = 0; probe < successThreshold && twins.breaker.state !== 'closed'; probe++) {
            twins.take({ do: 'admit' });
            twins.settleAll('success');
          }
          expect(twins.breaker.state).toBe('closed');
          twins.breaker.close();
        },
      ),
      { numRuns: 1000 },
    );
  });
});
