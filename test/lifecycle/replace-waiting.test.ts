import { describe, expect, it } from 'vitest';
import { PluginError } from 'plugboard';
import { aTurn, soFar } from '../manager/so-far.ts';
import { hostOf, named } from './named-host.ts';

const patient = { drainTimeoutMs: 1000, timeoutMs: 90_000 };

describe('a replacement whose drain is cut short cancels what the old one has, and', () => {
  it('lets those in the line go to the new one', async () => {
    const old = named('old');
    old.answer = () => new Promise(() => {});
    const { clock, host, manager } = await hostOf(old, { ...patient, concurrency: { maxConcurrent: 1 } });
    await using _ = host;
    const calls = ['runs', 'waits'].map((text) => manager.execute('auth', text));
    const ends = calls.map(async (call) => call.catch((error: unknown) => error));
    const replacing = manager.replace('auth', named('new'));
    await aTurn();
    clock.advance(1000);
    expect(await Promise.all(ends)).toMatchObject([{ code: 'PLUGIN_1206' }, 'new']);
    expect((await replacing).cancelled).toBe(1);
  });

  it('lets those who wait for their next attempt make it at the new one', async () => {
    const old = named('old');
    old.answer = () => {
      throw new PluginError('PLUGIN_1212', { message: 'busy', retryAfterMs: 3000 });
    };
    const { clock, host, manager } = await hostOf(old, { ...patient, retry: {} });
    await using _ = host;
    const call = manager.execute('auth', 'hello');
    const replacing = manager.replace('auth', named('new'));
    await aTurn();
    clock.advance(1000);
    expect([(await replacing).cancelled, await soFar(call)]).toEqual([0, 'waits']);
    clock.advance(2000);
    expect(await call).toBe('new');
  });
});
