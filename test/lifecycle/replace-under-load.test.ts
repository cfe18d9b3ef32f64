import { describe, expect, it } from 'vitest';
import { managed } from '../support/managed.ts';
import { ownPlugins } from '../support/processes.ts';
import { bee, bees } from './bees.ts';
import { callers } from './callers.ts';
import { openFiles } from './open-files.ts';

describe('replace under constant load', () => {
  it.each([1, 2])('loses no call in 20 replacements of %i instances', async (instances) => {
    await using host = await managed(
      bees.withMetrics().withPlugin('bee', bee('bee 0'), { instances }).build(),
    );
    const { manager } = host;
    const load = callers(16, (name, ask) => manager.execute(name, ask));
    for (let number = 1; number <= 20; number++) {
      const report = await manager.replace('bee', bee(`bee ${number}`));
      expect(report.cancelled).toBe(0);
      expect(ownPlugins()).toHaveLength(instances);
    }
    const { calls, names, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(names.size).toBeGreaterThan(15); // each had its share, but for one that was replaced at once
    expect(manager.getPlugin('bee')?.calls).toEqual({
      started: calls,
      succeeded: calls,
      failed: 0,
      active: 0,
    });
    expect(manager.metrics()?.plugins['bee']).toMatchObject({ requestsTotal: calls, requestsSuccess: calls });
  });

  it('opens no more files and leaves no process, however often', async () => {
    await using host = await managed(bees.withPlugin('bee', bee('first')).build());
    const { manager } = host;
    await manager.replace('bee', bee('second'));
    const before = openFiles();
    for (let number = 0; number < 10; number++) await manager.replace('bee', bee(`bee ${number}`));
    expect([openFiles(), ownPlugins().length]).toEqual([before, 1]);
  });
});
