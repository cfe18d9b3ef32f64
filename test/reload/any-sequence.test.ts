import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPluginError } from '../../src/core/errors.ts';
import type { Manager } from '../../src/manager/manager.ts';
import { echoManager, loadOn, type Echo } from './echo-host.ts';

const names = ['ada', 'bob', 'eve'] as const;

/** A plugin of a configuration, as far as these tests vary it. */
interface Entry {
  readonly name: string;
  readonly enabled: boolean;
  readonly word: string;
  readonly timeoutSeconds: number;
  readonly instances: number;
  readonly retries: number;
  readonly config: string;
  readonly trouble: 'none' | 'no-start' | 'sick' | 'refuse' | 'version' | 'needs';
}

const troubles = fc.oneof(
  { weight: 12, arbitrary: fc.constant('none' as const) },
  { weight: 1, arbitrary: fc.constantFrom('no-start', 'sick', 'refuse', 'version', 'needs') },
);

const entries = (name: string): fc.Arbitrary<Entry | undefined> =>
  fc.option(
    fc.record({
      name: fc.constant(name),
      enabled: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      word: fc.constantFrom('one', 'two'),
      timeoutSeconds: fc.constantFrom(20, 40),
      instances: fc.constantFrom(1, 2),
      retries: fc.constantFrom(0, 1),
      config: fc.constantFrom('red', 'green'),
      trouble: troubles,
    }),
    { nil: undefined, freq: 5 },
  );

/** A configuration: for each name an entry or none. */
const worlds = fc.tuple(...names.map(entries)).map((world) => world.filter((entry) => entry !== undefined));

function asConfig(world: readonly Entry[], strategy: string): object {
  const plugins = world.map(
    ({ name, enabled, word, timeoutSeconds, instances, retries, config, trouble }) => ({
      name,
      enabled,
      command: 'echo',
      args: [word, ...(trouble === 'no-start' || trouble === 'sick' ? [trouble] : [])],
      timeout: `${timeoutSeconds}s`,
      instances,
      retry: { max_retries: retries },
      config: trouble === 'refuse' ? { refuse: true } : { config },
      ...(trouble === 'version' && { version: '^2.0.0', env: { WANTED: '2' } }),
      ...(trouble === 'needs' && { dependencies: ['nobody'] }),
    }),
  );
  // A configuration that names nothing at all is refused: a file that was cut short looks like that.
  const idle = { name: 'idle', enabled: false, command: 'echo' };
  return { reload: { strategy }, plugins: [...plugins, idle] };
}

function running(world: readonly Entry[]): Map<string, Entry> {
  return new Map(world.filter(({ enabled }) => enabled).map((entry) => [entry.name, entry]));
}

/** What can be seen of a running host, in the terms of the model. */
async function seen(manager: Manager) {
  const views = manager.listPlugins();
  const all = await Promise.all(
    views.map(async ({ name, instances }) => {
      const { args, config, timeoutSeconds } = (await manager.execute(name, {})) as Echo;
      return [name, { word: args.join(' '), config, timeoutSeconds, instances: instances.length }] as const;
    }),
  );
  return Object.fromEntries(all);
}

function expected(world: readonly Entry[]) {
  const all = [...running(world).values()].map(
    ({ name, word, config, timeoutSeconds, instances }) =>
      [name, { word, config: { config }, timeoutSeconds, instances }] as const,
  );
  return Object.fromEntries(all);
}

/** Says how many calls were answered meanwhile. */
async function reloadAll(steps: readonly (readonly Entry[])[], strategy: string): Promise<number> {
  const manager = echoManager();
  const load = loadOn(manager, names);
  let current: readonly Entry[] = [];
  for (const next of steps) {
    const both = [...running(current).keys()].filter((name) => running(next).has(name));
    load.expect(both);
    const isGood = [...running(next).values()].every(({ trouble }) => trouble === 'none');
    const outcome = await manager.reloadConfig(asConfig(next, strategy)).then(
      () => 'taken up',
      (error: unknown) => (isPluginError(error) ? error.code : error),
    );
    expect(outcome).toBe(isGood ? 'taken up' : 'REGISTRY_1901');
    if (isGood) current = next;
    load.expect(running(current).keys());
    expect(await seen(manager)).toEqual(expected(current));
  }
  const { lost, answers } = await load.stop();
  await manager.shutdown();
  expect(lost).toEqual([]);
  return answers;
}

describe('any sequence of configurations', () => {
  it.each(['graceful', 'rolling', 'recreate'])(
    'ends in the last good one and loses no call, %s',
    async (strategy) => {
      const sequences = fc.array(worlds, { minLength: 1, maxLength: 6 });
      let answers = 0;
      const property = fc.asyncProperty(sequences, async (steps) => {
        answers += await reloadAll(steps, strategy);
      });
      await fc.assert(property, { numRuns: 60 });
      expect(answers).toBeGreaterThan(100);
    },
  );
});
