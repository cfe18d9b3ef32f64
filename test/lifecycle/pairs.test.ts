import { afterEach, describe, expect, it } from 'vitest';
import { isPluginError, type PluginManager, type PluginState } from 'plugboard';
import { managed } from '../support/managed.ts';
import { expectNoChildren, isAlive, until } from '../support/processes.ts';
import { bee, beeEntry, bees, type Answer, type Ask } from './bees.ts';
import { openFiles } from './open-files.ts';

type Manager = PluginManager<Ask, Answer>;

let reloads = 0;

/** What may happen to a plugin at any moment. Each ends, with an answer or a coded error. */
const deeds: Readonly<Record<string, (manager: Manager) => Promise<unknown>>> = {
  start: (manager) => manager.register('bee', bee('started')),
  'lazy start': (manager) => manager.execute('lazy', { id: 1 }),
  call: (manager) => manager.execute('bee', { id: 2, ms: 5 }),
  unregister: (manager) => manager.gracefulUnregister('bee', 200),
  drain: (manager) => manager.drain('bee', { timeoutMs: 200 }),
  replace: (manager) => manager.replace('bee', bee('replaced')),
  'replace by an ill one': (manager) => manager.replace('bee', bee('ill', 'unhealthy')),
  'replace one by one': (manager) =>
    manager.replace('bee', bee('rolled'), { instances: 2 }, { strategy: 'rolling' }),
  'replace in place of it': (manager) =>
    manager.replace('bee', bee('recreated'), undefined, { strategy: 'recreate' }),
  reconfigure: (manager) => manager.reconfigure('bee', { config: 'another', concurrency: {} }),
  // settings for what code has registered, and a process of its own that is another at each reload
  reload: (manager) =>
    manager.loadFromConfig({
      plugins: [{ name: 'bee', timeout: '4s' }, beeEntry('wasp', `wasp ${++reloads}`)],
    }),
  shutdown: (manager) => manager.shutdown({ timeoutMs: 200 }),
  crash: async (manager) => kill(manager),
  // killed, and killed again as soon as it is back
  restart: async (manager) => {
    const back = nextReady(manager);
    if (!kill(manager)) return;
    await Promise.race([back, manager.execute('bee', { id: 4 }, { timeoutMs: 300 })]).finally(() =>
      kill(manager),
    );
  },
};

function kill(manager: Manager): boolean {
  const { pid } = manager.getPlugin('bee') ?? {};
  if (pid === undefined || !isAlive(pid)) return false;
  return process.kill(pid, 'SIGKILL');
}

function nextReady(manager: Manager): Promise<void> {
  return new Promise((resolve) => {
    const undo = manager.on('state', ({ plugin, to }) => {
      if (plugin !== 'bee' || to.status !== 'ready') return;
      undo();
      resolve();
    });
  });
}

/** When the second deed is done: at once, or as soon as the first one has moved the plugin. */
const moments = ['in the same turn', 'at its first move'] as const;

const legalMoves: Readonly<Record<PluginState['status'], readonly PluginState['status'][]>> = {
  stopped: ['starting'],
  starting: ['ready', 'restarting', 'failed', 'stopped'],
  ready: ['draining', 'restarting', 'failed', 'stopped'],
  restarting: ['starting', 'stopped'],
  draining: ['stopped'],
  failed: ['stopped'],
};

/** Does one deed, and the other beside it; says how both ended. */
async function together(manager: Manager, first: string, second: string, moment: string): Promise<string[]> {
  const one = outcome(deeds[first]?.(manager));
  if (moment === 'at its first move') {
    const moved = new Promise<void>((resolve) => void manager.on('state', () => resolve()));
    await Promise.race([moved, one]);
  }
  return Promise.all([one, outcome(deeds[second]?.(manager))]);
}

/** `done`, or the code of its error; an error without one is an error of this library. */
async function outcome(deed: Promise<unknown> | undefined): Promise<string> {
  try {
    await deed;
    return 'done';
  } catch (error) {
    if (isPluginError(error)) return error.code;
    throw error;
  }
}

const names = Object.keys(deeds);

afterEach(expectNoChildren);

describe.each(moments)('two things at once, the second %s:', (moment) => {
  // several hosts side by side: nearly all of the time is the start of processes
  it.each(names)('%s, and each of the others', async (first) => {
    const filesBefore = openFiles();
    const faults = await Promise.all(names.map((second) => faultsOf(first, second, moment)));
    expect(faults.flat()).toEqual([]);
    await until(() => openFiles() <= filesBefore);
  });
});

/** What a pair did that it must not; both have ended by then, or the test does not. */
async function faultsOf(first: string, second: string, moment: string): Promise<string[]> {
  const restart = { initialDelayMs: 10, maxDelayMs: 10 };
  const builder = bees.withPlugin('lazy', bee('lazy'), { start: 'lazy', restart });
  const isThere = first !== 'start' && second !== 'start';
  const building: Promise<Manager> = isThere
    ? builder.withPlugin('bee', bee('first'), { restart }).build()
    : builder.build();
  await using host = await managed(building);
  const faults: string[] = [];
  host.manager.on('state', ({ plugin, from, to }) => {
    if (!legalMoves[from.status].includes(to.status))
      faults.push(`${plugin}: ${from.status} -> ${to.status}`);
  });
  await together(host.manager, first, second, moment);
  for (const { name } of host.manager.listPlugins()) faults.push(...(await faultsAfter(host.manager, name)));
  return faults.map((fault) => `${first} and ${second}: ${fault}`);
}

/** What comes after: a plugin that is there answers or says why not, and its counts add up. */
async function faultsAfter(manager: Manager, name: string): Promise<string[]> {
  const end = await outcome(manager.execute(name, { id: 5 }, { timeoutMs: 5000, maxRetries: 3 }));
  const { started = NaN, succeeded = NaN, failed, active } = manager.getPlugin(name)?.calls ?? {};
  return [
    ...(['done', 'PLUGIN_1207', 'PLUGIN_1208'].includes(end) ? [] : [`${name} ended a call with ${end}`]),
    ...(started === succeeded + (failed ?? NaN) && active === 0
      ? []
      : [`the counts of ${name} do not add up`]),
  ];
}
