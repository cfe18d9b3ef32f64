import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket, type BucketPolicy } from '../../src/resilience/token-bucket.ts';
import { TurnEnd } from '../../src/resilience/turn-end.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ModelBucket, policies, roundingMs } from './bucket-model.ts';

/** As the defaults: starts full with 20, and 10 come back each second. */
const defaults: BucketPolicy = { requestsPerSecond: 10, burstSize: 20, timeWindowMs: 1000 };

function bucketOn(clock: ManualClock, policy: Partial<BucketPolicy> = {}): TokenBucket {
  return new TokenBucket({ ...defaults, ...policy }, { clock, turnEnd: new TurnEnd(clock) });
}

/** How many tokens are there to take now. */
function drain(bucket: TokenBucket): number {
  for (let taken = 0; ; taken++) if (bucket.take() > 0) return taken;
}

describe('a token bucket', () => {
  it('starts full, and is filled with 10 tokens a second up to 20', () => {
    const clock = new ManualClock();
    const bucket = bucketOn(clock);
    expect(drain(bucket)).toBe(20);
    clock.advance(1000);
    expect(drain(bucket)).toBe(10);
    clock.advance(3_600_000);
    expect(drain(bucket)).toBe(20);
  });

  it('says how long until the next token, and has it then', () => {
    const clock = new ManualClock();
    const bucket = bucketOn(clock);
    drain(bucket);
    expect(bucket.take()).toBe(100);
    clock.advance(60);
    expect(bucket.take()).toBeCloseTo(40, 6);
    clock.advance(40);
    expect(bucket.take()).toBe(0);
  });

  it('takes nothing with a refusal, however often it is asked', () => {
    const clock = new ManualClock();
    const bucket = bucketOn(clock);
    drain(bucket);
    for (let ask = 0; ask < 1000; ask++) bucket.take();
    clock.advance(100);
    expect(bucket.take()).toBe(0);
  });

  it.each([
    [1, 60_000, 60_000],
    [0.5, 1000, 2000],
    [5, 100, 20],
    [1000, 1000, 1],
    [3, 7, 7 / 3],
  ])('gives %d in each window of %i ms one token every %d ms', (requestsPerSecond, timeWindowMs, everyMs) => {
    const clock = new ManualClock();
    const bucket = bucketOn(clock, { requestsPerSecond, timeWindowMs, burstSize: 1 });
    expect(bucket.take()).toBe(0);
    expect(bucket.take()).toBeCloseTo(everyMs, 6);
    clock.advance(everyMs - 0.001);
    expect(bucket.take()).toBeGreaterThan(0);
    clock.advance(0.002);
    expect(bucket.take()).toBe(0);
  });

  it('counts time in fractions, so that being asked often costs no tokens', () => {
    const clock = new ManualClock();
    const bucket = bucketOn(clock, { burstSize: 1 });
    drain(bucket);
    let taken = 0;
    for (let step = 0; step < 100_000; step++) {
      clock.advance(0.1);
      if (bucket.take() === 0) taken++;
    }
    // ten seconds, ten tokens each; the last may be a rounding error away
    expect(taken).toBeGreaterThanOrEqual(99);
    expect(taken).toBeLessThanOrEqual(100);
  });

  it('lives by a clock that never jumps: the time of day means nothing to it', () => {
    class SetAtWill extends ManualClock {
      override date(): Date {
        return new Date(Math.random() * 1e13);
      }
    }
    const clock = new SetAtWill();
    const bucket = bucketOn(clock);
    expect(drain(bucket)).toBe(20);
    expect(drain(bucket)).toBe(0);
    clock.advance(1000);
    expect(drain(bucket)).toBe(10);
  });
});

/** A time that passes, or a number of calls that come at once. */
const steps = fc.array(
  fc.oneof(
    fc.record({ passMs: fc.integer({ min: 0, max: 20_000 }) }),
    fc.record({ calls: fc.integer({ min: 1, max: 50 }) }),
  ),
  { maxLength: 100, size: 'max' },
);

type Step = { readonly passMs: number } | { readonly calls: number };

/** Whether bucket and model admit and refuse the same calls, and ask for the same waits. */
function agree(policy: BucketPolicy, history: readonly Step[]): boolean {
  const clock = new ManualClock();
  const bucket = new TokenBucket(policy, { clock, turnEnd: new TurnEnd(clock) });
  const model = new ModelBucket(policy);
  for (const step of history) {
    if ('passMs' in step) {
      clock.advance(step.passMs);
      model.pass(step.passMs);
      continue;
    }
    for (let call = 0; call < step.calls; call++) {
      const waitMs = bucket.take();
      const exact = model.take();
      // a token that rounding delays is a wait too short to matter, and the histories part here
      if ((waitMs === 0) !== (exact === 0)) return Math.max(waitMs, exact) < roundingMs;
      if (Math.abs(waitMs - exact) >= roundingMs) return false;
    }
  }
  return true;
}

/** By how many calls a history let more pass than the burst and what came back meanwhile, at its worst moment. */
function mostOver(policy: BucketPolicy, history: readonly Step[]): number {
  const clock = new ManualClock();
  const bucket = new TokenBucket(policy, { clock, turnEnd: new TurnEnd(clock) });
  let admitted = 0;
  let over = -Infinity;
  for (const step of history) {
    if ('passMs' in step) clock.advance(step.passMs);
    else for (let call = 0; call < step.calls; call++) if (bucket.take() === 0) admitted++;
    const allowed = policy.burstSize + (clock.now() * policy.requestsPerSecond) / policy.timeWindowMs;
    over = Math.max(over, admitted - allowed);
  }
  return over;
}

/** How often somebody who came back when told to was refused again. */
function refusedAgain(policy: BucketPolicy, history: readonly Step[]): number {
  const clock = new ManualClock();
  const bucket = new TokenBucket(policy, { clock, turnEnd: new TurnEnd(clock) });
  let refused = 0;
  for (const step of history) {
    if ('passMs' in step) clock.advance(step.passMs);
    else {
      const waitMs = bucket.take();
      clock.advance(waitMs + roundingMs);
      if (waitMs > 0 && bucket.take() > 0) refused++;
    }
  }
  return refused;
}

describe('a token bucket, through any history', () => {
  it('admits and refuses as an exact model does, and asks for the same waits', () => {
    const property = fc.property(policies, steps, (policy, history) => {
      expect(agree(policy, history)).toBe(true);
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it('never lets more pass than the burst and what came back meanwhile', () => {
    const property = fc.property(policies, steps, (policy, history) => {
      expect(mostOver(policy, history)).toBeLessThan(1e-6);
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it('admits whoever comes back when it was told to', () => {
    const property = fc.property(policies, steps, (policy, history) => {
      expect(refusedAgain(policy, history)).toBe(0);
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
