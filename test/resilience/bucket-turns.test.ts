import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timer } from 'plugboard';
import { TokenBucket, type BucketPolicy } from '../../src/resilience/token-bucket.ts';
import { TurnEnd } from '../../src/resilience/turn-end.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ModelBucket, policies, roundingMs } from './bucket-model.ts';

/** A clock that counts how often it is looked at, and whose turns end when they are told to, however late. */
class TurnByTurn extends ManualClock {
  looks = 0;
  #tasks: (() => void)[] = [];

  override now(): number {
    this.looks++;
    return super.now();
  }

  override startTimer(_afterMs: number, task: () => void): Timer {
    this.#tasks.push(task);
    return { cancel: () => {}, keepAlive: () => {} };
  }

  endTurn(): void {
    for (const task of this.#tasks.splice(0)) task();
  }
}

function bucketOn(clock: TurnByTurn, policy: BucketPolicy): TokenBucket {
  return new TokenBucket(policy, { clock, turnEnd: new TurnEnd(clock) });
}

type Step = { readonly passMs: number } | { readonly calls: number } | { readonly turnEnds: true };

const histories = fc.array(
  fc.oneof(
    fc.record({ passMs: fc.integer({ min: 0, max: 2000 }) }),
    fc.record({ calls: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ turnEnds: fc.constant(true as const) }),
  ),
  { maxLength: 150, size: 'max' },
);

/**
 * Both buckets through one history; what the bucket lets through is taken from the exact one, too. Says by how much
 * it was early, and by how much late beyond its longest turn, in milliseconds of waiting.
 */
function compared(policy: BucketPolicy, history: readonly Step[]) {
  const clock = new TurnByTurn();
  const bucket = bucketOn(clock, policy);
  const exact = new ModelBucket(policy);
  let [earlyMs, lateMs, turnMs, longestTurnMs] = [0, 0, 0, 0];
  const call = (): void => {
    const waitMs = bucket.take();
    earlyMs = Math.max(earlyMs, exact.waitMs - waitMs);
    lateMs = Math.max(lateMs, waitMs - exact.waitMs - longestTurnMs);
    if (waitMs === 0) exact.spend();
  };
  for (const step of history) {
    if ('calls' in step) for (let made = 0; made < step.calls; made++) call();
    else if ('turnEnds' in step) {
      clock.endTurn();
      turnMs = 0;
    } else {
      clock.advance(step.passMs);
      exact.pass(step.passMs);
      longestTurnMs = Math.max(longestTurnMs, (turnMs += step.passMs));
    }
  }
  return { earlyMs, lateMs };
}

describe('a token bucket that counts what it gave from the end of the turn', () => {
  it('never lets a call through that an exact one would refuse, and never promises a token too early', () => {
    const property = fc.property(policies, histories, (policy, history) => {
      expect(compared(policy, history).earlyMs).toBeLessThan(roundingMs);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('is late by its longest turn at most', () => {
    const property = fc.property(policies, histories, (policy, history) => {
      expect(compared(policy, history).lateMs).toBeLessThan(roundingMs);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('does not look at the clock while it has tokens, but once at the end of the turn', () => {
    const clock = new TurnByTurn();
    const bucket = bucketOn(clock, { requestsPerSecond: 10, burstSize: 20, timeWindowMs: 1000 });
    clock.looks = 0;
    for (let call = 0; call < 20; call++) expect(bucket.take()).toBe(0);
    expect(clock.looks).toBe(0);
    clock.endTurn();
    expect(clock.looks).toBe(1);
    expect([bucket.take(), clock.looks]).toEqual([100, 2]);
  });

  it('has what came back since, though it did not look', () => {
    const clock = new TurnByTurn();
    const bucket = bucketOn(clock, { requestsPerSecond: 10, burstSize: 20, timeWindowMs: 1000 });
    for (let call = 0; call < 20; call++) bucket.take();
    clock.endTurn();
    clock.advance(1000);
    const waits = Array.from({ length: 11 }, () => bucket.take());
    expect(waits).toEqual([...Array<number>(10).fill(0), 100]);
  });
});
