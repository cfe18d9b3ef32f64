import { Simple, type PluginSource } from 'plugboard';
import { subprocess, worker } from 'plugboard/transports';
import { afterEach, describe, expect, it } from 'vitest';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { expectNoChildren, isAlive, until } from '../support/processes.ts';
import { fixture } from '../transports/subjects.ts';

afterEach(expectNoChildren);

const timeoutMs = 1000;

const misbehaves = fixture('bad/misbehaves-as-told.mjs');
const node = (file: string, channel: 'fd' | 'stdio' = 'fd'): PluginSource =>
  subprocess(process.execPath, { channel, args: [file] });
const stubborn = (channel?: 'fd' | 'stdio'): PluginSource =>
  node(fixture('bad/ignores-the-end.mjs'), channel);

async function hostOf(source: PluginSource) {
  const clock = new ManualClock();
  const log = new MemoryLogger();
  const manager = await Simple<string, string>()
    .withClock(clock)
    .withLogger(log)
    .withPlugin('subject', source, { timeoutMs: 900_000, drainTimeoutMs: 800_000 })
    .build();
  const heard = (word: string): Promise<unknown> => log.until(({ message }) => message.includes(word));
  const { pid = 0 } = manager.getPlugin('subject') ?? {};
  return { clock, manager, heard, pid };
}

/** Lets time pass, and at each moment everything happen that needs none. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 0.5) {
    clock.advance(0.5);
    await aTurn();
  }
}

describe('a shutdown ends with its time, not later,', () => {
  it.each([
    ['fd', node(misbehaves)],
    ['stdio', node(misbehaves, 'stdio')],
    ['a worker', worker(misbehaves)],
  ])('with a plugin over %s that spins', async (_, source) => {
    const { clock, manager, heard, pid } = await hostOf(source);
    const call = soFarLater(manager.execute('subject', 'spin', { timeoutMs: 1 }));
    await heard('spins');
    await pass(clock, 1);
    expect(await call).toBe('PLUGIN_1204');
    const ending = manager.shutdown({ timeoutMs });
    await pass(clock, timeoutMs);
    const { durationMs } = await ending;
    expect(durationMs).toBeLessThanOrEqual(timeoutMs);
    expect([isAlive(pid), clock.timersMs]).toEqual([false, []]);
  });

  it.each(['fd', 'stdio'] as const)(
    'with a child over %s that ignores shutdown, the end of its channel and SIGTERM',
    async (channel) => {
      const { clock, manager, heard, pid } = await hostOf(stubborn(channel));
      const ending = manager.shutdown({ timeoutMs });
      await pass(clock, timeoutMs - 0.5);
      await heard('SIGTERM? not me');
      expect([await soFar(ending), isAlive(pid)]).toEqual(['waits', true]);
      await pass(clock, 0.5);
      expect(await ending).toEqual({ cancelled: {}, durationMs: timeoutMs });
      expect([isAlive(pid), clock.timersMs]).toEqual([false, []]);
    },
  );

  it('with a call that takes all of it: the call is cancelled first', async () => {
    const { clock, manager, pid } = await hostOf(node(misbehaves));
    const call = soFarLater(manager.execute('subject', 'hold'));
    const ending = manager.shutdown({ timeoutMs });
    await pass(clock, timeoutMs);
    expect(await ending).toEqual({ cancelled: { subject: 1 }, durationMs: timeoutMs });
    expect([await call, isAlive(pid), clock.timersMs]).toEqual(['PLUGIN_1206', false, []]);
  });

  it('with a child that was replaced before, and does not go', async () => {
    const { clock, manager, pid } = await hostOf(stubborn());
    const replacing = soFarLater(manager.replace('subject', stubborn()));
    await until(() => manager.getPlugin('subject')?.pid !== pid);
    const after = manager.getPlugin('subject')?.pid ?? 0;
    const ending = manager.shutdown({ timeoutMs });
    await pass(clock, timeoutMs - 0.5);
    expect([await soFar(ending), isAlive(pid), isAlive(after)]).toEqual(['waits', true, true]);
    await pass(clock, 0.5);
    expect((await ending).durationMs).toBe(timeoutMs);
    await replacing;
    expect([isAlive(pid), isAlive(after), clock.timersMs]).toEqual([false, false, []]);
  });

  it('of no time at all', async () => {
    const { clock, manager, pid } = await hostOf(stubborn());
    const ending = manager.shutdown({ timeoutMs: 0 });
    await pass(clock, 0.5);
    expect((await ending).cancelled).toEqual({});
    expect(isAlive(pid)).toBe(false);
  });
});

/** How a call ends, whenever somebody asks. */
function soFarLater(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'answered',
    () => soFar(call),
  );
}
