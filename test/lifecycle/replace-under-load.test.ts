import { describe, expect, it } from 'vitest';
import { managed } from '../support/managed.ts';
import { ownChildren } from '../support/processes.ts';
import { bee, bees, type Answer, type Ask } from './bees.ts';
import { openFiles } from './open-files.ts';

type Execute = (name: 'bee', ask: Ask) => Promise<Answer>;

/** So many callers, each with its next call as soon as the last one is answered, until they are told to stop. */
function callers(count: number, execute: Execute) {
  const wish = { stop: false };
  let nextId = 0;
  const names = new Set<string>();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (!wish.stop) {
      const id = nextId++;
      try {
        // some answers take their time, so that each replacement finds calls that run
        const answer = await execute('bee', id % 7 === 0 ? { id, ms: 3 } : { id });
        names.add(answer.name);
        if (answer.id !== id) failures.push(new Error(`call ${id} got the answer of ${answer.id}`));
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const ended = Promise.all(Array.from({ length: count }, lane));
  return {
    stop: async () => {
      wish.stop = true;
      await ended;
      return { calls: nextId, names, failures };
    },
  };
}

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
      expect(ownChildren()).toHaveLength(instances);
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
    expect([openFiles(), ownChildren().length]).toEqual([before, 1]);
  });
});
