import { describe, expect, it } from 'vitest';
import { aTurn, soFar } from '../manager/so-far.ts';
import { heldHost } from './held-host.ts';

/** The manager as callers see it whose compiler does not look. */
interface Careless {
  drain(name: string, options: { timeoutMs: unknown }): Promise<unknown>;
  gracefulUnregister(name: string, timeoutMs: unknown): Promise<unknown>;
}

describe.each([NaN, -5, '100', {}])('a time of %s', (timeoutMs) => {
  it('is refused by drain and gracefulUnregister with CONFIG_1703, and cancels nothing', async () => {
    const { host, manager, letGo } = await heldHost();
    await using _ = host;
    const careless = manager as unknown as Careless;
    const running = manager.execute('auth', 'hello');
    const refused = { code: 'CONFIG_1703' };
    await expect(careless.drain('auth', { timeoutMs })).rejects.toMatchObject(refused);
    await expect(careless.gracefulUnregister('auth', timeoutMs)).rejects.toMatchObject(refused);
    await aTurn();
    expect(await soFar(running)).toBe('waits');
    letGo();
    expect(await running).toBe('hello');
  });
});
