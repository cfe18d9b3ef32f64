import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PluginError, Simple, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { endOnClock } from './on-manual-clock.ts';

/** A plugin that does what it is asked: answers, fails for good, fails for now, or hangs until it is let go. */
async function obedientHost(settings: PluginSettings<never>) {
  const clock = new ManualClock();
  const held: (() => void)[] = [];
  let asked = 0;
  const obedient = answering<string, string>((deed) => {
    asked++;
    if (deed === 'break') throw new Error('broken');
    if (deed === 'busy') throw new PluginError('PLUGIN_1212', { message: 'busy' });
    return deed === 'hold' ? new Promise((resolve) => void held.push(() => resolve(deed))) : deed;
  });
  const { manager, ...running } = await managed(
    Simple<string, string>()
      .withClock(clock)
      .withMetrics()
      .withPlugin('auth', inProcess(obedient), settings)
      .build(),
  );
  const host = { manager, [Symbol.asyncDispose]: () => endOnClock(running, clock) };
  const call = (deed: string, options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<string> => {
    const answer = manager.execute('auth', deed, options);
    answer.catch(() => {});
    return answer;
  };
  const breaker = (): string | undefined => manager.getPlugin('auth')?.instances[0]?.breaker;
  return { clock, host, call, breaker, asked: () => asked, letGo: () => held.shift()?.() };
}

/** Waits without chance, and as many retries as are wanted. */
const exact = { jitter: 0, initialDelayMs: 100, multiplier: 1, budgetRatio: 10 };

/** Lets time pass, and what it sets off happen, step by step. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    await aTurn();
    clock.advance(50);
  }
  await aTurn();
}

describe('the policies of a call stand in this order:', () => {
  it('a drained plugin refuses before the rate limit is asked', async () => {
    const { host, call } = await obedientHost({ rateLimit: { burstSize: 1 } });
    await using _ = host;
    await call('answer');
    await host.manager.drain('auth');
    expect(await soFar(call('answer'))).toBe('PLUGIN_1207');
  });

  it('a request that breaks the contract takes no token', async () => {
    await using host = await managed(
      Simple({ request: z.string().max(5), response: z.string() })
        .withClock(new ManualClock())
        .withPlugin('auth', inProcess(answering<string, string>((text) => text)), {
          rateLimit: { burstSize: 1 },
        })
        .build(),
    );
    expect(await soFar(host.manager.execute('auth', 'far too long'))).toBe('PLUGIN_1209');
    expect(await soFar(host.manager.execute('auth', 'short'))).toBe('answered');
  });

  it('the rate limit refuses before the circuit breaker is asked', async () => {
    const { host, call, breaker } = await obedientHost({ rateLimit: { burstSize: 5 }, circuitBreaker: {} });
    await using _ = host;
    for (let failure = 0; failure < 5; failure++) await soFar(call('break'));
    expect(breaker()).toBe('open');
    expect(await soFar(call('answer'))).toBe('RATELIMIT_1501');
  });

  it('the circuit breaker refuses before a slot is looked for', async () => {
    const { host, call, breaker } = await obedientHost({
      circuitBreaker: { failureThreshold: 1, minRequestThreshold: 0 },
      concurrency: { maxConcurrent: 1, maxQueue: 0 },
    });
    await using _ = host;
    const first = await soFar(call('break'));
    expect([first, breaker()]).toEqual(['PLUGIN_1203', 'open']);
    expect(await soFar(call('answer'))).toBe('CIRCUIT_1401');
    expect(host.manager.getPlugin('auth')?.queued).toBe(0);
  });

  it('the concurrency limit refuses before the plugin is asked', async () => {
    const { host, call, asked } = await obedientHost({ concurrency: { maxConcurrent: 1, maxQueue: 0 } });
    await using _ = host;
    void call('hold');
    expect(await soFar(call('answer'))).toBe('PLUGIN_1212');
    expect(asked()).toBe(1);
  });

  it('a slot is held through all attempts, the waits between them included', async () => {
    const { clock, host, call } = await obedientHost({
      concurrency: { maxConcurrent: 1, maxQueue: 5 },
      retry: { ...exact, maxRetries: 2 },
    });
    await using _ = host;
    const failing = call('busy');
    const behind = call('answer');
    await pass(clock, 150);
    expect(await soFar(behind)).toBe('waits');
    await pass(clock, 50);
    expect([await soFar(failing), await soFar(behind)]).toEqual(['PLUGIN_1203', 'answered']);
  });

  it('retries take no tokens: the limit counts calls', async () => {
    const { clock, host, call, asked } = await obedientHost({
      rateLimit: { burstSize: 2, requestsPerSecond: 0.001 },
      retry: { ...exact, maxRetries: 5 },
    });
    await using _ = host;
    const failing = call('busy');
    await pass(clock, 500);
    expect(await soFar(failing)).toBe('PLUGIN_1203');
    expect(asked()).toBe(6);
    expect(await soFar(call('answer'))).toBe('answered');
  });

  it('the deadline is over all of it', async () => {
    const { clock, host, call } = await obedientHost({
      timeoutMs: 250,
      retry: { ...exact, maxRetries: 9, initialDelayMs: 90 },
    });
    await using _ = host;
    const failing = call('busy');
    await pass(clock, 250);
    await expect(failing).rejects.toMatchObject({ code: 'PLUGIN_1203', context: { attempts: 3 } });
  });
});

describe('one call is', () => {
  it('one verdict for the breaker, whatever the retries', async () => {
    const { clock, host, call, breaker, asked } = await obedientHost({
      circuitBreaker: {},
      retry: { ...exact, maxRetries: 3 },
    });
    await using _ = host;
    for (let failed = 0; failed < 4; failed++) {
      const failing = call('busy');
      await pass(clock, 300);
      expect(await soFar(failing)).toBe('PLUGIN_1203');
    }
    expect([asked(), breaker()]).toEqual([16, 'closed']);
  });

  it('one success for the breaker if its last attempt succeeds', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const everyThird = answering<string, string>((text) => {
      if (++asked % 3 !== 0) throw new PluginError('PLUGIN_1212', { message: 'busy' });
      return text;
    });
    await using host = await managed(
      Simple<string, string>()
        .withClock(clock)
        .withPlugin('auth', inProcess(everyThird), { circuitBreaker: {}, retry: exact })
        .build(),
    );
    for (let round = 0; round < 10; round++) {
      const call = host.manager.execute('auth', 'hello');
      await pass(clock, 200);
      expect(await call).toBe('hello');
    }
    expect(host.manager.getPlugin('auth')?.instances[0]?.breaker).toBe('closed');
  });

  it('one record for the metrics, with the time of all attempts', async () => {
    const { clock, host, call } = await obedientHost({ retry: { ...exact, maxRetries: 3 } });
    await using _ = host;
    const failing = call('busy');
    await pass(clock, 300);
    expect(await soFar(failing)).toBe('PLUGIN_1203');
    const { manager } = host;
    expect(manager.metrics()?.plugins['auth']).toMatchObject({
      requestsTotal: 1,
      failures: { PLUGIN_1203: 1 },
      durationSeconds: { count: 1, sum: 0.3 },
    });
    expect(manager.getPlugin('auth')?.calls).toEqual({ started: 1, succeeded: 0, failed: 1, active: 0 });
    expect(manager.getPlugin('auth')?.instances[0]?.calls).toEqual(manager.getPlugin('auth')?.calls);
  });

  it.each([
    ['a caller who gives up', () => ({ signal: AbortSignal.abort() })],
    ['a caller who gives up later', (controller: AbortController) => ({ signal: controller.signal })],
  ])('no verdict after %s', async (_what, options) => {
    const { host, call, breaker } = await obedientHost({
      circuitBreaker: { failureThreshold: 1, minRequestThreshold: 0 },
    });
    await using _ = host;
    for (let round = 0; round < 10; round++) {
      const controller = new AbortController();
      const given = call('hold', options(controller));
      controller.abort();
      expect(await soFar(given)).toBe('PLUGIN_1206');
    }
    expect(breaker()).toBe('closed');
  });

  it('no failure for the breaker when the plugin itself limits its callers, with retries or without', async () => {
    for (const maxRetries of [0, 2]) {
      const clock = new ManualClock();
      const limiting = answering<string, string>(() => {
        throw new PluginError('RATELIMIT_1501', { message: 'slowly, please' });
      });
      await using host = await managed(
        Simple<string, string>()
          .withClock(clock)
          .withPlugin('auth', inProcess(limiting), { circuitBreaker: {}, retry: { ...exact, maxRetries } })
          .build(),
      );
      for (let round = 0; round < 6; round++) {
        const call = host.manager.execute('auth', 'hello').catch(() => {});
        await pass(clock, 200);
        await call;
      }
      expect([maxRetries, host.manager.getPlugin('auth')?.instances[0]?.breaker]).toEqual([
        maxRetries,
        'closed',
      ]);
    }
  });

  it('a failure for the breaker when it is too late', async () => {
    const { clock, host, call, breaker } = await obedientHost({ circuitBreaker: {}, timeoutMs: 100 });
    await using _ = host;
    const calls = Array.from({ length: 5 }, () => call('hold'));
    clock.advance(100);
    expect(await Promise.all(calls.map(soFar))).toEqual(Array(5).fill('PLUGIN_1204'));
    expect(breaker()).toBe('open');
  });
});

describe('an open breaker', () => {
  it('refuses at once with CIRCUIT_1401, does not touch the plugin, and says when to come again', async () => {
    const { host, call, asked } = await obedientHost({ circuitBreaker: {} });
    await using _ = host;
    for (let failure = 0; failure < 5; failure++) await soFar(call('break'));
    await expect(call('answer')).rejects.toMatchObject({
      code: 'CIRCUIT_1401',
      plugin: 'auth',
      retryable: false,
      retryAfterMs: 30_000,
      message:
        "[CIRCUIT_1401] plugin 'auth': its circuit is open after too many failures; the next probe may come in 30000 ms. Look at why it fails.",
    });
    expect(asked()).toBe(5);
    expect(host.manager.metrics()?.plugins['auth']?.failures).toEqual({ PLUGIN_1203: 5, CIRCUIT_1401: 1 });
  });

  it('leaves the calls alone that run already', async () => {
    const { host, call, breaker, letGo } = await obedientHost({ circuitBreaker: {} });
    await using _ = host;
    const running = call('hold');
    for (let failure = 0; failure < 5; failure++) await soFar(call('break'));
    expect(breaker()).toBe('open');
    letGo();
    expect(await running).toBe('hold');
  });

  it('is closed when the plugin has been started anew', async () => {
    const { host, call, breaker } = await obedientHost({ circuitBreaker: {} });
    await using _ = host;
    for (let failure = 0; failure < 5; failure++) await soFar(call('break'));
    await host.manager.replace('auth', inProcess(answering<string, string>((text) => text)));
    expect([breaker(), await call('break')]).toEqual(['closed', 'break']);
  });
});

it('a probe that waits for a slot and is given up gives its place back', async () => {
  const { host, call, breaker, letGo } = await obedientHost({
    circuitBreaker: { recoveryTimeoutMs: 0, successThreshold: 1 },
    concurrency: { maxConcurrent: 1 },
  });
  await using _ = host;
  const busy = call('hold');
  const failing = Array.from({ length: 5 }, () => call('break'));
  letGo();
  await Promise.all([busy, ...failing.map((one) => one.catch(() => {}))]);
  const halfOpen = new Promise<void>((resolve) => {
    host.manager.on('breaker', ({ to }) => to === 'half-open' && resolve());
    if (breaker() === 'half-open') resolve();
  });
  await halfOpen;
  const controller = new AbortController();
  const probe = call('hold', { signal: controller.signal });
  expect(await soFar(call('answer'))).toBe('CIRCUIT_1401');
  controller.abort();
  expect(await soFar(probe)).toBe('PLUGIN_1206');
  expect(await soFar(call('answer'))).toBe('answered');
  expect(breaker()).toBe('closed');
});
