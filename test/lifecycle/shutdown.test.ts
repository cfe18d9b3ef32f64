import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Simple } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { Puppet } from '../manager/puppet.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectNoChildren, isAlive, ownChildren, pidOf, stateOf, until } from '../support/processes.ts';
import { bee, bees } from './bees.ts';
import { openFiles } from './open-files.ts';

afterEach(expectNoChildren);

const simple = Simple<string, string>();

/** A child that hears SIGTERM and stays. */
function stubborn() {
  const program = fileURLToPath(new URL('programs/stubborn.mjs', import.meta.url));
  return subprocess(process.execPath, { args: [program], killTimeoutMs: 100 });
}

describe('shutdown of real children', () => {
  it('lets running calls end, ends every process, and leaves no open file', async () => {
    const filesBefore = openFiles();
    const manager = await bees
      .withPlugin('one', bee('one'), { instances: 2 })
      .withPlugin('two', bee('two'))
      .build();
    const calls = [1, 2, 3].map((id) => manager.execute('one', { id, ms: 20 }));
    expect((await manager.shutdown()).cancelled).toEqual({});
    expect((await Promise.all(calls)).map(({ id }) => id)).toEqual([1, 2, 3]);
    await until(() => openFiles() <= filesBefore);
    expect(ownChildren()).toEqual([]);
  });

  it('cancels what outlasts its time, and says how many calls of which plugin that were', async () => {
    const manager = await bees
      .withPlugin('one', bee('one'))
      .withPlugin('two', bee('two'))
      .withPlugin('idle', bee())
      .build();
    const calls = [
      manager.execute('one', { id: 1, ms: null }),
      manager.execute('two', { id: 2, ms: null }),
      manager.execute('two', { id: 3, ms: null }),
      manager.execute('two', { id: 4, ms: 5 }),
    ];
    const ended = Promise.all(calls.map(soFarInTheEnd));
    expect((await manager.shutdown({ timeoutMs: 1000 })).cancelled).toEqual({ one: 1, two: 2 });
    expect(await ended).toEqual(['PLUGIN_1206', 'PLUGIN_1206', 'PLUGIN_1206', 'answered']);
  });

  it('ends children that do not heed SIGTERM by SIGKILL, all in the time of one', async () => {
    const manager = await bees
      .withPlugin('one', stubborn())
      .withPlugin('two', stubborn())
      .withPlugin('three', stubborn())
      .build();
    const pids = manager.listPlugins().map(pidOf);
    const { durationMs } = await manager.shutdown({ timeoutMs: 200 });
    expect(pids.filter(isAlive)).toEqual([]);
    // one after the other they would need 3 x (its second to say goodbye, and 100 ms until SIGKILL)
    expect(durationMs).toBeLessThan(3500);
  });

  it('ends a child that is stopped', async () => {
    const manager = await bees.withPlugin('one', bee()).build();
    const pid = pidOf(manager.getPlugin('one'));
    process.kill(pid, 'SIGSTOP');
    await until(() => stateOf(pid) === 'T');
    const call = soFarInTheEnd(manager.execute('one', { id: 1 }));
    expect((await manager.shutdown({ timeoutMs: 50 })).cancelled).toEqual({ one: 1 });
    expect([await call, isAlive(pid)]).toEqual(['PLUGIN_1206', false]);
  });

  it('gives all who ask the same report, whenever they ask', async () => {
    const manager = await bees.withPlugin('one', bee()).build();
    const call = soFarInTheEnd(manager.execute('one', { id: 1, ms: null }));
    const [first, second] = await Promise.all([manager.shutdown({ timeoutMs: 30 }), manager.shutdown()]);
    expect([second, await manager.shutdown({ timeoutMs: 0 })]).toEqual([first, first]);
    expect([first.cancelled, await call]).toEqual([{ one: 1 }, 'PLUGIN_1206']);
  });

  it('in the middle of a crash, a restart and a replacement leaves nothing', async () => {
    const manager = await bees
      .withPlugin('crashes', bee(), { restart: { initialDelayMs: 1 } })
      .withPlugin('replaced', bee())
      .build();
    const starting = new Promise<void>((resolve) => void manager.on('restart', () => resolve()));
    process.kill(pidOf(manager.getPlugin('crashes')), 'SIGKILL');
    const replacing = soFarInTheEnd(manager.replace('replaced', bee('new')));
    await starting;
    await manager.shutdown();
    expect(await replacing).toMatch(/^(answered|PLUGIN_120[78])$/);
    expect(manager.listPlugins().map(({ state }) => state.status)).toEqual(['stopped', 'stopped']);
  });
});

describe('shutdown within its time', () => {
  it('hurries a drain and a replacement that have more', async () => {
    const clock = new ManualClock();
    const hangs = (): Puppet => Object.assign(new Puppet(), { answer: () => new Promise(() => {}) });
    const manager = await simple
      .withClock(clock)
      .withPlugin('drained', hangs(), { drainTimeoutMs: 100_000, timeoutMs: 900_000 })
      .withPlugin('replaced', hangs(), { drainTimeoutMs: 100_000, timeoutMs: 900_000 })
      .build();
    const calls = [manager.execute('drained', 'hello'), manager.execute('replaced', 'hello')].map(
      soFarInTheEnd,
    );
    const changes = [manager.drain('drained'), manager.replace('replaced', new Puppet())];
    await aTurn();
    const ending = manager.shutdown({ timeoutMs: 60 });
    await aTurn();
    clock.advance(60);
    expect(await Promise.all(calls)).toEqual(['PLUGIN_1206', 'PLUGIN_1206']);
    await Promise.all([ending, ...changes]);
    expect([clock.now(), clock.timersMs]).toEqual([60, []]);
  });

  it('of 0 ms asks nobody', async () => {
    const clock = new ManualClock();
    const puppet = Object.assign(new Puppet(), { answer: () => new Promise(() => {}) });
    const manager = await simple.withClock(clock).withPlugin('auth', puppet).build();
    const call = soFarInTheEnd(manager.execute('auth', 'hello'));
    const ending = manager.shutdown({ timeoutMs: 0 });
    await aTurn();
    clock.advance(0);
    expect([(await ending).cancelled, await call, puppet.last.closedWithMs]).toEqual([
      { auth: 1 },
      'PLUGIN_1206',
      0,
    ]);
  });

  it('gives up a replacement that is being started, and one that waits for its turn', async () => {
    const manager = await simple.withPlugin('auth', new Puppet()).build();
    const fresh = new Puppet();
    fresh.onStart = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const later = new Puppet();
    const replacing = [manager.replace('auth', fresh), manager.replace('auth', later)].map(soFarInTheEnd);
    await aTurn();
    await manager.shutdown();
    for (const code of await Promise.all(replacing)) expect(code).toMatch(/^PLUGIN_120[78]$/);
    expect([fresh.starts, later.starts]).toEqual([1, 0]);
    await expect(manager.execute('auth', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1208' });
  });

  it('starts nothing any more, even if a start that is under way fails later', async () => {
    const clock = new ManualClock();
    const puppet = new Puppet();
    let fail = (_error: Error): void => {};
    puppet.onStart = () => new Promise((_, reject) => (fail = reject));
    const manager = await simple.withClock(clock).withPlugin('lazy', puppet, { start: 'lazy' }).build();
    const call = soFarInTheEnd(manager.execute('lazy', 'hello'));
    await aTurn();
    const ending = manager.shutdown({ timeoutMs: 10 });
    await aTurn();
    clock.advance(10);
    await aTurn();
    fail(new Error('no'));
    await ending;
    clock.advance(600_000);
    await aTurn();
    expect([puppet.starts, await call, manager.getPlugin('lazy')?.state.status]).toEqual([
      1,
      'PLUGIN_1206',
      'stopped',
    ]);
  });
});

/** How a promise ends. */
async function soFarInTheEnd(promise: Promise<unknown>): Promise<string> {
  await promise.catch(() => {});
  return soFar(promise);
}
