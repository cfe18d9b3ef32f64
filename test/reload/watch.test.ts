import { rename, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { aTurn } from '../manager/so-far.ts';
import { hive, hiveText, type BeeEntry } from './hive.ts';

/** A host that watches its file, with one plugin. */
async function watchedHive(bees: Readonly<Record<string, BeeEntry>> = { ada: {} }) {
  const host = await hive();
  await host.write(bees);
  const unwatch = await host.manager.watchConfig(host.path);
  return { host, unwatch };
}

describe('a watched configuration', () => {
  it('is applied at once, and again when its file changes', async () => {
    const { host } = await watchedHive();
    await using _ = host;
    expect((await host.ask('ada')).name).toBe('ada');
    const reload = host.nextReload();
    await host.write({ ada: { args: ['ada the second'] } });
    expect((await reload).report).toMatchObject({ changed: [{ name: 'ada', structural: true }] });
    expect((await host.ask('ada')).name).toBe('ada the second');
  });

  it('is seen when an editor renames a new file over it', async () => {
    const { host } = await watchedHive();
    await using _ = host;
    const reload = host.nextReload();
    await writeFile(`${host.path}.swp`, hiveText({ ada: {}, bob: {} }));
    await rename(`${host.path}.swp`, host.path);
    expect((await reload).report?.added).toEqual(['bob']);
  });

  it('that is broken changes nothing and says where; the next good one cures it', async () => {
    const { host } = await watchedHive();
    await using _ = host;
    const events: (string | undefined)[] = [];
    host.manager.on('reload', ({ error }) => events.push(error?.code));
    const broken = host.nextReload();
    await writeFile(host.path, 'plugins: [\n  { name: ada, typ: subprocess');
    expect((await broken).error).toMatchObject({ code: 'CONFIG_1702' });
    expect((await host.ask('ada')).name).toBe('ada');
    const cured = host.nextReload();
    await host.write({ ada: {}, bob: {} });
    expect((await cured).report?.added).toEqual(['bob']);
    expect(events).toEqual(['CONFIG_1702', undefined]);
  });

  it('that is gone changes nothing; it may come back', async () => {
    const { host } = await watchedHive();
    await using _ = host;
    const gone = host.nextReload();
    await rm(host.path);
    expect((await gone).error).toMatchObject({ code: 'CONFIG_1701' });
    expect((await host.ask('ada')).name).toBe('ada');
    const back = host.nextReload();
    await host.write({ ada: { timeout: '3s' } });
    expect((await back).report?.changed).toMatchObject([{ name: 'ada', structural: false }]);
  });

  it('that is written a thousand times ends in the last state', async () => {
    const { host } = await watchedHive();
    await using _ = host;
    const last = new Promise<void>((resolve) => {
      host.manager.on('reload', ({ report }) => {
        const [field] = report?.changed[0]?.fields ?? [];
        if (field?.after === 2000) resolve();
      });
    });
    for (let count = 1; count <= 1000; count++) await host.write({ ada: { timeout: 1000 + count } });
    await last;
    expect(host.manager.listPlugins().length).toBe(1);
  });

  it('is left alone after the watch has ended', async () => {
    const { host, unwatch } = await watchedHive();
    await using _ = host;
    unwatch();
    await host.write({ ada: {}, bob: {} });
    const report = await host.manager.reloadConfig();
    expect(report.added).toEqual(['bob']);
  });

  it('that is broken at the start is refused', async () => {
    await using host = await hive();
    await writeFile(host.path, 'plugins: [');
    await expect(host.manager.watchConfig(host.path)).rejects.toMatchObject({ code: 'CONFIG_1702' });
  });

  it.each([0, 2, 8])(
    'that begins while its manager ends is given up, and left alone: %i turns before',
    async (turns) => {
      await using host = await hive();
      await host.write({ ada: {} });
      await host.manager.loadFromConfig(host.path);
      const watching = host.manager.watchConfig(host.path);
      watching.catch(() => {});
      for (let turn = 0; turn < turns; turn++) await aTurn();
      await host.manager.shutdown();
      await Promise.allSettled([watching]);
      await expect(host.manager.watchConfig(host.path)).rejects.toMatchObject({ code: 'PLUGIN_1208' });
      expect(process.getActiveResourcesInfo().filter((kind) => kind === 'FSEventWrap')).toEqual([]);
    },
  );

  it('holds no process: a host that has only a watch ends', async () => {
    const { host } = await watchedHive();
    await host[Symbol.asyncDispose]();
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'FSEventWrap')).toEqual([]);
  });
});
