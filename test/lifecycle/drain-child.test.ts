import { describe, expect, it } from 'vitest';
import { managed } from '../support/managed.ts';
import { isAlive, pidOf } from '../support/processes.ts';
import { bee, bees } from './bees.ts';

describe('a real child that is drained', () => {
  it('answers what it was asked and ends, its process with it', async () => {
    await using host = await managed(bees.withPlugin('bee', bee()).build());
    const { manager } = host;
    const pid = pidOf(manager.getPlugin('bee'));
    const calls = [20, 40, 60].map((ms, id) => manager.execute('bee', { id, ms }));
    const report = await manager.drain('bee');
    expect((await Promise.all(calls)).map(({ id }) => id)).toEqual([0, 1, 2]);
    expect(report.cancelled).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(host.moves).toEqual(['bee: draining', 'bee: stopped']);
  });

  it('is ended with its calls when they outlast the deadline', async () => {
    await using host = await managed(bees.withPlugin('bee', bee()).build());
    const { manager } = host;
    const pid = pidOf(manager.getPlugin('bee'));
    const calls = [null, null].map((ms, id) => manager.execute('bee', { id, ms }));
    const ended = Promise.allSettled(calls);
    expect((await manager.drain('bee', { timeoutMs: 50 })).cancelled).toBe(2);
    for (const end of await ended) expect(end).toMatchObject({ reason: { code: 'PLUGIN_1206' } });
    expect(isAlive(pid)).toBe(false);
  });

  it('that crashes while it drains fails its calls, and is not started again', async () => {
    await using host = await managed(bees.withPlugin('bee', bee()).build());
    const { manager } = host;
    const call = manager.execute('bee', { id: 1, ms: null });
    const draining = manager.drain('bee');
    process.kill(pidOf(manager.getPlugin('bee')), 'SIGKILL');
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1205' });
    expect((await draining).cancelled).toBe(0);
    expect(manager.getPlugin('bee')).toMatchObject({ state: { status: 'stopped' }, restarts: 0 });
  });
});
