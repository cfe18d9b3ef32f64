import { describe, expect, it } from 'vitest';
import { aTurn } from '../manager/so-far.ts';
import { managed } from '../support/managed.ts';
import { isAlive, pidOf } from '../support/processes.ts';
import { bee, bees } from './bees.ts';
import { heldHost } from './held-host.ts';

describe('gracefulUnregister', () => {
  it('drains, forgets the plugin, and says what was left', async () => {
    const { clock, host, manager, progress } = await heldHost();
    await using _ = host;
    const calls = ['one', 'two'].map((text) => manager.execute('auth', text));
    const ended = Promise.allSettled(calls);
    const leaving = manager.gracefulUnregister('auth', 300);
    await aTurn();
    clock.advance(300);
    expect(await leaving).toEqual({ cancelled: 2, durationMs: 300 });
    for (const end of await ended) expect(end).toMatchObject({ reason: { code: 'PLUGIN_1206' } });
    expect(progress.at(-1)).toEqual({ plugin: 'auth', remaining: 0, cancelled: 2 });
    expect([manager.has('auth'), manager.has('mail')]).toEqual([false, true]);
  });

  it('with no time ends everything at once', async () => {
    await using host = await managed(bees.withPlugin('bee', bee()).build());
    const { manager } = host;
    const pid = pidOf(manager.getPlugin('bee'));
    const call = manager.execute('bee', { id: 1, ms: null });
    call.catch(() => {});
    expect((await manager.gracefulUnregister('bee', 0)).cancelled).toBe(1);
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    expect(isAlive(pid)).toBe(false);
  });

  it('of a drained plugin forgets it', async () => {
    const { host, manager } = await heldHost();
    await using _ = host;
    await manager.drain('auth');
    expect(await manager.gracefulUnregister('auth', 100)).toEqual({ cancelled: 0, durationMs: 0 });
    expect(manager.has('auth')).toBe(false);
  });

  it('hurries a drain that has more time', async () => {
    const { clock, host, manager } = await heldHost();
    await using _ = host;
    const running = manager.execute('auth', 'first');
    running.catch(() => {});
    const draining = manager.drain('auth', { timeoutMs: 100_000 });
    await aTurn();
    const leaving = manager.gracefulUnregister('auth', 40);
    await aTurn();
    clock.advance(40);
    await expect(running).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    const counts = await Promise.all([draining, leaving]);
    expect(counts.reduce((sum, { cancelled }) => sum + cancelled, 0)).toBe(1);
  });

  it('overtakes a drain that has not begun, and leaves nothing of it', async () => {
    const { clock, host, manager, letGo } = await heldHost();
    await using _ = host;
    const running = manager.execute('auth', 'first');
    const draining = manager.drain('auth', { timeoutMs: 100_000 });
    const leaving = manager.gracefulUnregister('auth', 40);
    await expect(draining).rejects.toMatchObject({ code: 'PLUGIN_1207' });
    letGo();
    await Promise.all([running, leaving]);
    expect(clock.timersMs).not.toContain(100_000);
  });
});
