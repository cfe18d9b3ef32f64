import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PluginError, Simple, type CallContext, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { endOnClock } from './on-manual-clock.ts';

type Attempt = (context: CallContext) => string | Promise<string>;

/** A plugin whose attempts go as told, one after the other; further ones answer. */
async function scriptedHost(script: readonly Attempt[], settings: PluginSettings<never>) {
  const clock = new ManualClock();
  const atMs: number[] = [];
  const scripted = answering<string, string>((text, context: CallContext) => {
    atMs.push(clock.now());
    return script[atMs.length - 1]?.(context) ?? text;
  });
  const { manager, ...running } = await managed(
    Simple<string, string>().withClock(clock).withPlugin('auth', inProcess(scripted), settings).build(),
  );
  const host = { manager, [Symbol.asyncDispose]: () => endOnClock(running, clock) };
  const call = (options?: { timeoutMs?: number; maxRetries?: number }): Promise<string> => {
    const answer = manager.execute('auth', 'hello', options);
    answer.catch(() => {});
    return answer;
  };
  return { clock, host, call, atMs };
}

const exact = { jitter: 0, initialDelayMs: 100, multiplier: 1, budgetRatio: 10 };
const hang: Attempt = () => new Promise(() => {});

async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    await aTurn();
    clock.advance(10);
  }
  await aTurn();
}

describe('attemptTimeoutMs', () => {
  it('ends an attempt that hangs, and the next one may answer', async () => {
    const { clock, host, call, atMs } = await scriptedHost([hang], {
      retry: { ...exact, attemptTimeoutMs: 50 },
    });
    await using _ = host;
    const answer = call();
    await pass(clock, 150);
    expect(await answer).toBe('hello');
    expect(atMs).toEqual([0, 150]);
  });

  it('ends the last attempt too, with what it was', async () => {
    const { clock, host, call } = await scriptedHost([hang, hang], {
      retry: { ...exact, maxRetries: 1, attemptTimeoutMs: 50 },
    });
    await using _ = host;
    const answer = call();
    await pass(clock, 200);
    await expect(answer).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      context: { attempts: 2, lastCode: 'PLUGIN_1204' },
      cause: { code: 'PLUGIN_1204', retryable: true, rawMessage: 'attempt 2 had no answer within 50 ms.' },
    });
  });

  it('is not the deadline of the call, which comes first if it is shorter and is not retried', async () => {
    const { clock, host, call, atMs } = await scriptedHost([hang], {
      timeoutMs: 40,
      retry: { ...exact, attemptTimeoutMs: 50 },
    });
    await using _ = host;
    const answer = call();
    await pass(clock, 500);
    await expect(answer).rejects.toMatchObject({ code: 'PLUGIN_1204', retryable: false });
    expect(atMs).toEqual([0]);
  });

  it("aborts the attempt's signal, and only that one", async () => {
    const signals: AbortSignal[] = [];
    const watch: Attempt = ({ signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const { clock, host, call } = await scriptedHost([watch, watch], {
      timeoutMs: 10_000,
      retry: { ...exact, attemptTimeoutMs: 50 },
    });
    await using _ = host;
    void call();
    await pass(clock, 160);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(signals[0]?.reason).toMatchObject({ code: 'PLUGIN_1204' });
  });

  it('drops the late answer of an attempt that was given up', async () => {
    let late = (_answer: string): void => {};
    const slow: Attempt = () => new Promise((resolve) => (late = resolve));
    const { clock, host, call } = await scriptedHost([slow, hang], {
      retry: { ...exact, maxRetries: 2, attemptTimeoutMs: 50 },
    });
    await using _ = host;
    const answer = call();
    await pass(clock, 160);
    late('too late');
    expect(await soFar(answer)).toBe('waits');
    await pass(clock, 140);
    expect(await answer).toBe('hello');
  });

  it('drops the late failure of an attempt that was given up', async () => {
    let late = (_error: Error): void => {};
    const slow: Attempt = () => new Promise((_, reject) => (late = reject));
    const { clock, host, call, atMs } = await scriptedHost([slow, hang], {
      retry: { ...exact, maxRetries: 5, attemptTimeoutMs: 50 },
    });
    await using _ = host;
    const answer = call();
    await pass(clock, 160);
    late(new PluginError('PLUGIN_1212', { message: 'busy' }));
    await pass(clock, 140);
    expect(await answer).toBe('hello');
    expect(atMs).toEqual([0, 150, 300]);
  });

  it('does not end an attempt whose answer is there and is being checked', async () => {
    const clock = new ManualClock();
    let asked = 0;
    let isChecked = (): void => {};
    const slowCheck = z
      .string()
      .refine(() => new Promise<boolean>((resolve) => (isChecked = () => resolve(true))));
    const plugin = answering<string, string>((text) => {
      asked++;
      return text;
    });
    await using host = await managed(
      Simple({ request: z.string(), response: slowCheck })
        .withClock(clock)
        .withPlugin('auth', inProcess(plugin), { retry: { ...exact, attemptTimeoutMs: 50 } })
        .build(),
    );
    const call = host.manager.execute('auth', 'hello');
    await pass(clock, 500);
    isChecked();
    expect([await call, asked]).toEqual(['hello', 1]);
  });

  it('leaves no timer behind an answered call', async () => {
    const { clock, host, call } = await scriptedHost([], { retry: { ...exact, attemptTimeoutMs: 50 } });
    await using _ = host;
    await call();
    const timers = clock.timersMs.length;
    for (let time = 0; time < 100; time++) await call();
    expect(clock.timersMs).toHaveLength(timers);
  });

  it('is one timer for all attempts, however many run', async () => {
    const { clock, host, call } = await scriptedHost(Array(200).fill(hang) as Attempt[], {
      retry: { ...exact, maxRetries: 0, attemptTimeoutMs: 50 },
    });
    await using _ = host;
    const others = clock.timersMs.length;
    const calls = Array.from({ length: 100 }, () => call());
    await pass(clock, 10);
    expect([clock.timersMs.length, clock.timersMs[0]]).toEqual([others + 1, 40]);
    await pass(clock, 40);
    expect(await Promise.all(calls.map(soFar))).toEqual(Array(100).fill('PLUGIN_1204'));
  });

  it('does not let an attempt that is over take the signal of the one that runs', async () => {
    const signals: AbortSignal[] = [];
    let look = (): void => {};
    const readsLate: Attempt = (context) => {
      look = () => void signals.push(context.signal);
      return new Promise(() => {});
    };
    const readsNow: Attempt = ({ signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const { clock, host, call } = await scriptedHost([readsLate, readsNow], {
      timeoutMs: 1000,
      retry: { ...exact, maxRetries: 1, attemptTimeoutMs: 500 },
    });
    await using _ = host;
    const answer = call();
    await pass(clock, 700);
    look();
    await pass(clock, 300);
    await expect(answer).rejects.toMatchObject({ code: 'PLUGIN_1204' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });
});

describe('what is tried again', () => {
  it.each([
    ['an error that says so', new PluginError('USER_AWAY', { message: 'no', retryable: true }), 4],
    ['an overloaded plugin', new PluginError('PLUGIN_1212', { message: 'no' }), 4],
    ['a lost connection', new PluginError('PLUGIN_1205', { message: 'no' }), 4],
    ['a rate limit', new PluginError('RATELIMIT_1501', { message: 'no' }), 4],
    ['an error that says not', new PluginError('PLUGIN_1205', { message: 'no', retryable: false }), 1],
    ['a plain error', new Error('no'), 1],
    ['an error with a code of its own', Object.assign(new Error('no'), { code: 'NO_SUCH_USER' }), 1],
    ['a wrong key', new PluginError('AUTH_1101', { message: 'no' }), 1],
    ['a refused token', new PluginError('AUTH_1102', { message: 'no' }), 1],
    ['an invalid request', new PluginError('PLUGIN_1209', { message: 'no' }), 1],
    ['a plugin that is not there', new PluginError('PLUGIN_1201', { message: 'no' }), 1],
    ['a caller’s cancel', new PluginError('PLUGIN_1206', { message: 'no' }), 1],
  ])('%s', async (_what, error, attempts) => {
    const fail: Attempt = () => Promise.reject(error);
    const { clock, host, call, atMs } = await scriptedHost(Array(9).fill(fail) as Attempt[], {
      retry: exact,
    });
    await using _ = host;
    const answer = call();
    await pass(clock, 500);
    expect(await soFar(answer)).not.toBe('waits');
    expect(atMs).toHaveLength(attempts);
  });
});

describe('retryAfterMs', () => {
  const wait =
    (retryAfterMs: number): Attempt =>
    () =>
      Promise.reject(new PluginError('RATELIMIT_1501', { message: 'slowly', retryAfterMs }));

  it.each([
    [0, [0, 100]],
    [99, [0, 100]],
    [340, [0, 340]],
  ])('of %i ms is waited for if it is longer than the usual wait', async (retryAfterMs, times) => {
    const { clock, host, call, atMs } = await scriptedHost([wait(retryAfterMs)], { retry: exact });
    await using _ = host;
    const answer = call();
    await pass(clock, 400);
    expect(await answer).toBe('hello');
    expect(atMs).toEqual(times);
  });

  it('may be longer than maxDelayMs', async () => {
    const { clock, host, call, atMs } = await scriptedHost([wait(9000)], {
      retry: { ...exact, maxDelayMs: 200 },
    });
    await using _ = host;
    const answer = call();
    await pass(clock, 9000);
    expect(await answer).toBe('hello');
    expect(atMs).toEqual([0, 9000]);
  });

  it('beyond the deadline ends the call at once, and is passed on to the caller', async () => {
    const { host, call } = await scriptedHost([wait(9000)], { retry: exact, timeoutMs: 5000 });
    await using _ = host;
    await expect(call()).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      retryAfterMs: 9000,
      context: { attempts: 1, lastCode: 'RATELIMIT_1501' },
    });
  });

  it('is the wait of our own rate limit, too, which a caller without retries hears at once', async () => {
    const { host, call } = await scriptedHost([], { rateLimit: { burstSize: 1 } });
    await using _ = host;
    await call();
    await expect(call()).rejects.toMatchObject({ code: 'RATELIMIT_1501', retryAfterMs: 100 });
  });
});
