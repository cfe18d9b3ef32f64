import { describe, expect, it } from 'vitest';
import type { ConfigReload } from 'plugboard';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { until } from '../support/processes.ts';
import { hive, hiveText, type BeeEntry } from './hive.ts';

const cooling = (name: string): BeeEntry => ({ args: [name], reload_cooldown: '1h' });

/** A host that watches its file, and has just replaced its plugin by one called `second`. */
async function justReplaced() {
  const clock = new ManualClock();
  const log = new MemoryLogger();
  const host = await hive({ clock, log });
  const reloads: ConfigReload[] = [];
  host.manager.on('reload', (event) => reloads.push(event));
  /** Lets the watch settle, far below the hour. */
  const seen = (isSo: () => boolean): Promise<void> => until(() => (clock.advance(100), isSo()));
  const postponed = (): number =>
    log.records.filter(({ message }) => message.includes('is taken up in')).length;
  await host.write({ ada: cooling('first') });
  await host.manager.watchConfig(host.path);
  await host.write({ ada: cooling('second') });
  await seen(() => reloads.length === 2);
  return { host, clock, reloads, seen, postponed };
}

describe('a configuration with reload_cooldown', () => {
  it('is refused as a whole before anything starts, where it would replace a plugin too soon', async () => {
    await using host = await hive();
    const { manager } = host;
    const load = (bees: Record<string, BeeEntry>): Promise<unknown> =>
      manager.reloadConfig(JSON.parse(hiveText(bees)) as object);
    await load({ ada: cooling('first') });
    await load({ ada: cooling('second') });
    const bob = { args: ['waits for nobody'] };
    await expect(load({ ada: cooling('third'), bob })).rejects.toMatchObject({
      code: 'PLUGIN_1213',
      plugin: 'ada',
    });
    expect((await host.ask('ada')).name).toBe('second');
    expect(manager.has('bob')).toBe(false);
    await load({ ada: { ...cooling('second'), timeout: '3s' }, bob });
    expect((await host.ask('bob')).name).toBe('waits for nobody');
  });

  it('that is watched is taken up when the time is over, the last one alone', async () => {
    const { host, clock, reloads, seen, postponed } = await justReplaced();
    await using _ = host;
    for (const [index, name] of ['third', 'fourth'].entries()) {
      await host.write({ ada: cooling(name) });
      await seen(() => postponed() === index + 1);
    }
    expect((await host.ask('ada')).name).toBe('second');
    const next = host.nextReload();
    clock.advance(3_600_000);
    expect(await next).toMatchObject({ error: undefined, report: { changed: [{ name: 'ada' }] } });
    expect((await host.ask('ada')).name).toBe('fourth');
    clock.advance(7_200_000);
    await host.manager.reloadConfig();
    expect(reloads.map(({ report }) => report?.changed.length)).toEqual([0, 1, 1, 0]);
  });

  it('postpones nothing beyond a shutdown', async () => {
    const { host, clock, seen, postponed } = await justReplaced();
    await using _ = host;
    await host.write({ ada: cooling('third') });
    await seen(() => postponed() === 1);
    await host.manager.shutdown();
    expect(clock.timersMs).toEqual([]);
  });
});
