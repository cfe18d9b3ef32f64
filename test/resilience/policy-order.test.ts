import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { exact, obedientHost, pass } from './obedient-host.ts';

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
