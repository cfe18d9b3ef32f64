import { describe, expect, it } from 'vitest';
import { PluginError, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { exact, obedientHost, pass } from './obedient-host.ts';

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
