import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { definePlugin, type CircuitBreakerSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { soFar } from '../manager/so-far.ts';
import { obedientHost } from './obedient-host.ts';

// the host's own timers are on a clock of its own, so that these are opossum's
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => void vi.useRealTimers());

const well = inProcess(answering<string, string>((text) => text));
const ill = inProcess(
  definePlugin({ name: 'ill', version: '1.0.0', health: () => 'unhealthy', execute: (text: string) => text }),
);

const modes: [string, CircuitBreakerSettings, number][] = [
  ['consecutive', {}, 0],
  ['by rate', { mode: 'rate' }, 1], // its window moves on
];

describe.each(modes)('the timers of a breaker (%s)', (_mode, circuitBreaker, closed) => {
  async function openedHost() {
    const opened = await obedientHost({ circuitBreaker, instances: 2 });
    for (let failure = 0; failure < 10; failure++) await soFar(opened.call('break'));
    expect(vi.getTimerCount()).toBe(2 * (closed + 1));
    return opened;
  }

  it('end with the manager', async () => {
    const { host } = await openedHost();
    await host[Symbol.asyncDispose]();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('end with a replacement, which has its own', async () => {
    const { host } = await openedHost();
    await using _ = host;
    await host.manager.replace('auth', well);
    expect(vi.getTimerCount()).toBe(2 * closed);
  });

  it('stay while a replacement fails, which leaves none', async () => {
    const { host } = await openedHost();
    await using _ = host;
    await expect(host.manager.replace('auth', ill)).rejects.toMatchObject({ code: 'HEALTH_1601' });
    expect(vi.getTimerCount()).toBe(2 * (closed + 1));
  });

  it('end when a change of settings turns it off', async () => {
    const { host } = await openedHost();
    await using _ = host;
    await host.manager.reconfigure('auth', { circuitBreaker: false });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('end with the plugin', async () => {
    const { host } = await openedHost();
    await using _ = host;
    await host.manager.gracefulUnregister('auth', 0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
