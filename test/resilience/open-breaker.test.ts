import { describe, expect, it } from 'vitest';
import type { CircuitBreakerSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { soFar } from '../manager/so-far.ts';
import { obedientHost } from './obedient-host.ts';

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

const modes: [string, CircuitBreakerSettings][] = [
  ['consecutive', { recoveryTimeoutMs: 0, successThreshold: 1 }],
  ['by rate', { mode: 'rate', recoveryTimeoutMs: 0 }],
];

it.each(modes)(
  'a probe that waits for a slot and is given up gives its place back (%s)',
  async (_mode, circuitBreaker) => {
    const { host, call, breaker, letGo } = await obedientHost({
      circuitBreaker,
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
  },
);
