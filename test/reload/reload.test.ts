import { describe, expect, it } from 'vitest';
import { inProcess } from 'plugboard/transports';
import { definePlugin, printDiff } from 'plugboard';
import type { Answer, Ask } from '../lifecycle/bees.ts';
import { isAlive } from '../support/processes.ts';
import { hive } from './hive.ts';

/** Nothing runs; naming nothing at all is refused, because a file that was cut short looks like that. */
const nothingRuns = {
  plugins: [{ name: 'off', type: 'subprocess', executable: 'off', enabled: false }],
};

describe('a configuration', () => {
  it('starts what it names', async () => {
    await using host = await hive();
    await host.write({ ada: {}, bob: { timeout: '2s' } });
    const report = await host.manager.loadFromConfig(host.path);
    expect(report).toMatchObject({ added: ['ada', 'bob'], removed: [], changed: [], cancelled: 0 });
    expect([(await host.ask('ada')).name, (await host.ask('bob')).name]).toEqual(['ada', 'bob']);
  });

  it('that is an object does the same', async () => {
    await using host = await hive();
    await host.write({ ada: {} });
    await host.manager.loadFromConfig(host.path);
    await host.manager.reloadConfig(nothingRuns);
    expect(host.manager.listPlugins()).toEqual([]);
  });

  it('changes policies in place: the process stays', async () => {
    await using host = await hive();
    await host.write({ ada: {} });
    await host.manager.loadFromConfig(host.path);
    const { pid } = await host.ask('ada');
    await host.write({ ada: { timeout: '900ms', rate_limit: { requests_per_second: 1, burst_size: 1 } } });
    const report = await host.manager.reloadConfig();
    expect(report.changed).toMatchObject([{ name: 'ada', structural: false }]);
    expect((await host.ask('ada')).pid).toBe(pid);
    await expect(host.ask('ada')).rejects.toMatchObject({ code: 'RATELIMIT_1501' });
  });

  it('replaces what has another command line, and drains the old process', async () => {
    await using host = await hive();
    await host.write({ ada: {} });
    await host.manager.loadFromConfig(host.path);
    const { pid } = await host.ask('ada');
    const slow = host.manager.execute('ada', { id: 7, ms: 200 });
    await host.write({ ada: { args: ['ada the second'] } });
    await host.manager.reloadConfig();
    expect(await slow).toMatchObject({ id: 7, name: 'ada', pid });
    expect([(await host.ask('ada')).name, isAlive(pid)]).toEqual(['ada the second', false]);
  });

  it('drains what it no longer names, and says so of what it has turned off', async () => {
    await using host = await hive();
    await host.write({ ada: {}, bob: {}, eve: {} });
    await host.manager.loadFromConfig(host.path);
    await host.write({ ada: {}, bob: { enabled: false } });
    const report = await host.manager.reloadConfig();
    expect(report.removed.toSorted()).toEqual(['bob', 'eve']);
    await expect(host.ask('bob')).rejects.toMatchObject({ code: 'PLUGIN_1202' });
    await expect(host.ask('eve')).rejects.toMatchObject({ code: 'PLUGIN_1201' });
    await host.write({ ada: {}, bob: {} });
    await host.manager.reloadConfig();
    expect((await host.ask('bob')).name).toBe('bob');
  });

  it('leaves alone what code has registered', async () => {
    await using host = await hive();
    const own = definePlugin({
      name: 'own',
      version: '1.0.0',
      execute: ({ id }: Ask): Answer => ({ id, name: 'own', pid: 0 }),
    });
    await host.manager.register('own', inProcess(own));
    await host.write({ ada: {} });
    await host.manager.loadFromConfig(host.path);
    await host.manager.reloadConfig(nothingRuns);
    expect((await host.ask('own')).name).toBe('own');
  });

  it('is refused as a whole when one plugin does not start; the old state stays, and every reason is said', async () => {
    await using host = await hive();
    await host.write({ ada: {}, bob: {} });
    await host.manager.loadFromConfig(host.path);
    const before = [await host.ask('ada'), await host.ask('bob')];
    await host.write({
      ada: { args: ['another ada'] },
      eve: { args: ['eve', 'unhealthy'] },
      zoe: { executable: '/no/such/program' },
    });
    const refused = host.manager.reloadConfig();
    await expect(refused).rejects.toThrow(/not applied because of 2 problems; the one before stays:/);
    await expect(refused).rejects.toThrow(/plugin 'eve': it started but is unhealthy/);
    await expect(refused).rejects.toThrow(/plugin 'zoe': '\/no\/such\/program' could not be started/);
    expect([await host.ask('ada'), await host.ask('bob')]).toEqual(before);
    expect(host.manager.listPlugins().map(({ name }) => name)).toEqual(['ada', 'bob']);
  });

  it('with a range of versions refuses a plugin outside it', async () => {
    await using host = await hive();
    await host.write({ ada: { version: '^2.0.0' } });
    await expect(host.manager.loadFromConfig(host.path)).rejects.toThrow(
      'its version is 1.0.0, and ^2.0.0 is asked for',
    );
    expect(host.manager.listPlugins()).toEqual([]);
  });

  it('brings back what code has unregistered', async () => {
    await using host = await hive();
    await host.write({ ada: {}, bob: {} });
    await host.manager.loadFromConfig(host.path);
    await host.manager.unregister('ada');
    expect(await host.manager.reloadConfig()).toMatchObject({ added: ['ada'], unchanged: ['bob'] });
    expect((await host.ask('ada')).name).toBe('ada');
  });

  it('can be planned without being applied', async () => {
    await using host = await hive();
    await host.write({ ada: {}, bob: {} });
    await host.manager.loadFromConfig(host.path);
    await host.write({ ada: { timeout: '1s' }, eve: {} });
    const plan = printDiff(await host.manager.planConfig(host.path));
    expect(plan.split('\n')).toEqual([
      '+ eve',
      '- bob',
      '~ ada (in place)',
      '    settings.timeoutMs: 30000 -> 1000',
      '1 to start, 1 to change, 1 to stop, 0 as before',
    ]);
    expect((await host.ask('bob')).name).toBe('bob');
  });

  it.each(['graceful', 'rolling', 'recreate'])(
    'is applied %s without losing a call under load',
    async (strategy) => {
      await using host = await hive();
      const reload = { strategy };
      await host.write({ ada: { instances: 2 } }, { reload });
      await host.manager.loadFromConfig(host.path);
      const over = new AbortController();
      const load = { answers: 0 };
      const callers = Array.from({ length: 8 }, async () => {
        while (!over.signal.aborted) {
          await host.ask('ada');
          load.answers++;
        }
      });
      const underLoad = async (): Promise<void> => {
        const goal = load.answers + 20;
        while (load.answers < goal) await host.ask('ada');
      };
      for (const name of ['b', 'c', 'd']) {
        await underLoad();
        await host.write({ ada: { args: [name], instances: 2, timeout: '9s' } }, { reload });
        await host.manager.reloadConfig();
        await underLoad();
        await host.write(
          { ada: { args: [name], instances: 2, timeout: '8s', retry: { max_retries: 1 } } },
          { reload },
        );
        await host.manager.reloadConfig();
        expect((await host.ask('ada')).name).toBe(name);
      }
      over.abort();
      await Promise.all(callers);
      expect(load.answers).toBeGreaterThan(100);
    },
  );

  it('asked for side by side is applied one after the other; the last one holds', async () => {
    await using host = await hive();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const texts = names.map((name) => ({
      plugins: [{ name: 'ada', type: 'subprocess', executable: process.execPath, args: beeArgs(name) }],
    }));
    await Promise.all(texts.map((config) => host.manager.reloadConfig(config)));
    expect((await host.ask('ada')).name).toBe('e');
  });
});

function beeArgs(name: string): string[] {
  return [new URL('../lifecycle/programs/bee.mjs', import.meta.url).pathname, name];
}
