import { describe, expect, it } from 'vitest';
import type { ReplaceStrategy } from 'plugboard';
import { until } from '../support/processes.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { hostOf, named } from './named-host.ts';

/** How many plugins of a puppet have ended. */
const ended = (puppet: ReturnType<typeof named>): number =>
  puppet.channels.filter(({ closedWithMs }) => closedWithMs !== undefined).length;

describe('a rolling replacement', () => {
  it('starts one, lets it take over, drains the one before it, and goes on with the next', async () => {
    const old = named('old');
    const { host, manager } = await hostOf(old, { instances: 3 });
    await using _ = host;
    const fresh = named('new');
    const seen: string[] = [];
    fresh.onStart = async () => void seen.push(`${ended(old)} of 3 ended when ${fresh.starts} started`);
    await manager.replace('auth', fresh, undefined, { strategy: 'rolling' });
    expect(seen).toEqual([
      '0 of 3 ended when 1 started',
      '1 of 3 ended when 2 started',
      '2 of 3 ended when 3 started',
    ]);
    expect([ended(old), manager.getPlugin('auth')?.instances.length]).toEqual([3, 3]);
    expect(await manager.execute('auth', 'hello')).toBe('new');
  });

  it('brings the old ones back when a later one does not start, and says why', async () => {
    const old = named('old');
    const { host, manager } = await hostOf(old, { instances: 3 });
    await using _ = host;
    const fresh = named('new');
    fresh.onStart = async () => {
      if (fresh.starts === 3) throw new Error('the third is broken');
    };
    const replacing = manager.replace('auth', fresh, undefined, { strategy: 'rolling' });
    await expect(replacing).rejects.toThrow('the third is broken');
    expect([old.starts - ended(old), fresh.channels.length - ended(fresh)]).toEqual([3, 0]);
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((text) => manager.execute('auth', text)));
    expect(new Set(answers)).toEqual(new Set(['old']));
  });

  it('can end with more or fewer than before', async () => {
    const { host, manager } = await hostOf(named('old'), { instances: 2 });
    await using _ = host;
    await manager.replace('auth', named('more'), { instances: 4 }, { strategy: 'rolling' });
    expect(manager.getPlugin('auth')?.instances.length).toBe(4);
    const fewer = named('fewer');
    await manager.replace('auth', fewer, { instances: 1 }, { strategy: 'rolling' });
    expect(manager.getPlugin('auth')?.instances.length).toBe(1);
    expect([await manager.execute('auth', 'x'), ended(fewer)]).toEqual(['fewer', 0]);
  });
});

describe('a replacement that stops the old one first', () => {
  it('never runs both, and lets calls wait for the new one', async () => {
    const old = named('old');
    const { host, manager } = await hostOf(old);
    await using _ = host;
    let letGo = (): void => {};
    old.onClose = () => new Promise((resolve) => (letGo = resolve));
    const fresh = named('new');
    const replacing = manager.replace('auth', fresh, undefined, { strategy: 'recreate' });
    await aTurn();
    const call = manager.execute('auth', 'hello');
    expect([await soFar(call), fresh.starts]).toEqual(['waits', 0]);
    letGo();
    expect(await call).toBe('new');
    await replacing;
  });

  it('starts the old kind again when the new one does not start', async () => {
    const old = named('old');
    const { host, manager } = await hostOf(old);
    await using _ = host;
    const fresh = named('new');
    fresh.failToStart('there is no such program');
    const replacing = manager.replace('auth', fresh, undefined, { strategy: 'recreate' });
    await expect(replacing).rejects.toThrow('there is no such program');
    expect([await manager.execute('auth', 'hello'), old.starts]).toEqual(['old', 2]);
  });
});

describe('calls that wait for a replacement', () => {
  it('are answered by the old kind when it does not start', async () => {
    const old = named('old');
    const { host, manager } = await hostOf(old);
    await using _ = host;
    let fail = (): void => {};
    const fresh = named('new');
    fresh.onStart = () => new Promise((_resolve, reject) => (fail = () => reject(new Error('too old'))));
    const replacing = manager.replace('auth', fresh, undefined, { strategy: 'recreate' });
    await aTurn();
    const calls = [manager.execute('auth', 'a'), manager.execute('auth', 'b')];
    expect(await soFar(Promise.race(calls))).toBe('waits');
    fail();
    await expect(replacing).rejects.toThrow('too old');
    expect([await Promise.all(calls), old.starts]).toEqual([['old', 'old'], 2]);
  });

  it('do not reach it before it is healthy', async () => {
    const old = named('old');
    const { host, manager } = await hostOf(old);
    await using _ = host;
    let asked = 0;
    const fresh = named('new');
    fresh.answer = () => ++asked;
    let beSick: (() => void) | undefined;
    fresh.onHealth = () =>
      new Promise((_resolve, reject) => (beSick = () => reject(new Error('it has a fever'))));
    const replacing = manager.replace('auth', fresh, undefined, { strategy: 'recreate' });
    replacing.catch(() => {}); // it is looked at below
    await until(() => beSick !== undefined);
    const call = manager.execute('auth', 'hello');
    expect(await soFar(call)).toBe('waits');
    beSick?.();
    await expect(replacing).rejects.toThrow('it has a fever');
    expect([await call, asked]).toEqual(['old', 0]);
  });
});

describe('every strategy', () => {
  it.each(['graceful', 'rolling', 'recreate'] as const)('%s loses no call under load', async (strategy) => {
    const { host, manager } = await hostOf(named('0'), { instances: 2 });
    await using _ = host;
    const over = new AbortController();
    let answers = 0;
    const callers = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) {
        await manager.execute('auth', 'hello');
        answers++;
        await aTurn();
      }
    });
    for (let round = 1; round <= 20; round++) {
      await manager.replace('auth', named(String(round)), undefined, { strategy });
      await aTurn();
    }
    over.abort();
    await Promise.all(callers);
    expect(await manager.execute('auth', 'hello')).toBe('20');
    expect(answers).toBeGreaterThan(20);
  });

  it('that there is not is refused, and nothing changes', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    const strategy = 'blue-green' as ReplaceStrategy;
    await expect(manager.replace('auth', named('new'), undefined, { strategy })).rejects.toThrow(
      "[CONFIG_1703] the strategy is 'blue-green'; there are: graceful, rolling, recreate",
    );
    expect(await manager.execute('auth', 'hello')).toBe('old');
  });
});
