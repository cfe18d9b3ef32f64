import { describe, expect, it } from 'vitest';
import { aTurn, soFar } from '../manager/so-far.ts';
import { exact, obedientHost, pass } from './obedient-host.ts';

describe('a breaker that opens while calls wait', () => {
  it('keeps those in the line from the plugin: what it passed before it opened is asked again', async () => {
    const { host, call, asked, breaker, letGo } = await obedientHost({
      circuitBreaker: {},
      concurrency: { maxConcurrent: 1 },
    });
    await using _ = host;
    const first = call('hold');
    const behind = Array.from({ length: 50 }, () => call('break'));
    letGo();
    await first;
    await Promise.allSettled(behind);
    const codes = await Promise.all(behind.map(soFar));
    expect([new Set(codes.slice(0, 5)), new Set(codes.slice(5))]).toEqual([
      new Set(['PLUGIN_1203']),
      new Set(['CIRCUIT_1401']),
    ]);
    expect([asked(), breaker()]).toEqual([6, 'open']);
    expect(host.manager.getPlugin('auth')?.instances[0]?.calls).toMatchObject({ started: 6, active: 0 });
  });

  it('keeps those from the plugin that wait for their next attempt', async () => {
    const { clock, host, call, asked } = await obedientHost({
      circuitBreaker: {},
      retry: { ...exact, maxRetries: 3 },
    });
    await using _ = host;
    const retried = call('busy');
    for (let failure = 0; failure < 5; failure++) await soFar(call('break'));
    await pass(clock, 400);
    expect([await soFar(retried), asked()]).toEqual(['CIRCUIT_1401', 6]);
  });
});

it('calls that are too late while they wait in the line say nothing of the plugin: it never heard of them', async () => {
  const { clock, host, call, breaker } = await obedientHost({
    circuitBreaker: {},
    concurrency: { maxConcurrent: 1 },
  });
  await using _ = host;
  void call('hold');
  const late = Array.from({ length: 8 }, () => call('answer', { timeoutMs: 10 }));
  await aTurn();
  clock.advance(10);
  expect(new Set(await Promise.all(late.map(soFar)))).toEqual(new Set(['PLUGIN_1204']));
  expect(breaker()).toBe('closed');
});
