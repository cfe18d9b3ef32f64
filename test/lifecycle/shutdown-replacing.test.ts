import { describe, expect, it } from 'vitest';
import { Simple, type OpenSetup } from 'plugboard';
import { Puppet } from '../manager/puppet.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { named } from './named-host.ts';

const simple = Simple<string, string>();

/** A start that ends only when it is given up. */
const untilGivenUp = ({ signal }: OpenSetup): Promise<void> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

/** Shuts down, gives running calls 60 ms, and says whether it is over then. */
async function endsInTime(
  manager: { shutdown(options: { timeoutMs: number }): Promise<unknown> },
  clock: ManualClock,
): Promise<string> {
  const ending = manager.shutdown({ timeoutMs: 60 });
  await aTurn();
  clock.advance(60);
  for (let turn = 0; turn < 10; turn++) await aTurn();
  return soFar(ending);
}

describe('a shutdown', () => {
  it.each([
    ['rolling', 1],
    ['recreate', 0],
  ] as const)('while a %s replacement drains starts nothing more', async (strategy, started) => {
    const clock = new ManualClock();
    const old = Object.assign(named('old'), { answer: () => new Promise(() => {}) });
    const settings = { instances: 2, timeoutMs: 900_000 };
    const manager = await simple.withClock(clock).withPlugin('auth', old, settings).build();
    for (const text of ['a', 'b']) manager.execute('auth', text).catch(() => {});
    const fresh = named('new');
    manager.replace('auth', fresh, undefined, { strategy }).catch(() => {});
    for (let turn = 0; turn < 10; turn++) await aTurn();
    old.onStart = fresh.onStart = untilGivenUp;
    expect(await endsInTime(manager, clock)).toBe('answered');
    expect([old.starts, fresh.starts, clock.timersMs]).toEqual([2, started, []]);
  });

  it('while what takes over is being started does not start again what was there before', async () => {
    const clock = new ManualClock();
    const old = named('old');
    const manager = await simple.withClock(clock).withPlugin('auth', old).build();
    const fresh = Object.assign(named('new'), { onStart: untilGivenUp });
    manager.replace('auth', fresh, undefined, { strategy: 'recreate' }).catch(() => {});
    await aTurn();
    old.onStart = untilGivenUp;
    expect(await endsInTime(manager, clock)).toBe('answered');
    expect([old.starts, fresh.starts]).toEqual([1, 1]);
  });

  it('while what was there before is being started again gives that up', async () => {
    const clock = new ManualClock();
    const old = named('old');
    const manager = await simple.withClock(clock).withPlugin('auth', old).build();
    const fresh = named('new');
    fresh.failToStart();
    old.onStart = untilGivenUp;
    manager.replace('auth', fresh, undefined, { strategy: 'recreate' }).catch(() => {});
    await aTurn();
    expect(old.starts).toBe(2);
    expect(await endsInTime(manager, clock)).toBe('answered');
    expect(clock.timersMs).toEqual([]);
  });

  it('a moment after a registration starts nothing', async () => {
    const manager = await simple.withClock(new ManualClock()).build();
    const puppet = new Puppet();
    const registering = manager.register('late', puppet, { rateLimit: { onLimit: 'wait' } });
    registering.catch(() => {});
    for (let turn = 0; turn < 4; turn++) await Promise.resolve(); // its line is being made now
    await manager.shutdown();
    expect([await soFar(registering), puppet.starts]).toEqual(['PLUGIN_1208', 0]);
  });
});
