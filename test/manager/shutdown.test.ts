import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { definePlugin, isPluginError, Simple, type PluginError } from 'plugboard';
import { inProcess, subprocess, worker } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { answering, hanging, loud, waiting } from './plugins.ts';
import { Puppet } from './puppet.ts';
import { aTurn, soFar } from './so-far.ts';

const simple = Simple<string, string>();
const echo = fileURLToPath(new URL('programs/echo.mjs', import.meta.url));

describe('shutdown', () => {
  it('closes every plugin, side by side, and reports that nothing was lost', async () => {
    const [one, two] = [new Puppet(), new Puppet()];
    let closing = 0;
    let bothClosing = (): void => {};
    const both = new Promise<void>((resolve) => (bothClosing = resolve));
    // each one's close ends only when the other's has begun
    one.onClose = two.onClose = () => {
      if (++closing === 2) bothClosing();
      return both;
    };
    const manager = await simple.withPlugin('one', one).withPlugin('two', two).build();
    expect(await manager.shutdown()).toEqual({ cancelled: {}, durationMs: expect.any(Number) as number });
    expect(manager.listPlugins().map(({ state }) => state.status)).toEqual(['stopped', 'stopped']);
  });

  it('may be said again and at the same time: all get the one report', async () => {
    const puppet = new Puppet();
    const manager = await simple.withPlugin('auth', puppet).build();
    const together = await Promise.all([manager.shutdown(), manager.shutdown({ timeoutMs: 1 })]);
    const later = await manager.shutdown();
    expect(together[1]).toBe(together[0]);
    expect(later).toBe(together[0]);
    expect(puppet.channels).toHaveLength(1);
  });

  it('is what `await using` ends with', async () => {
    const puppet = new Puppet();
    {
      await using manager = await simple.withPlugin('auth', puppet).build();
      expect(await manager.execute('auth', 'hello')).toBe('hello');
    }
    expect(puppet.last.closedWithMs).toBe(5000);
  });

  it('lets running calls end, and refuses new ones at once with PLUGIN_1208', async () => {
    const { plugin, letGo } = waiting();
    const manager = await simple.withPlugin('auth', inProcess(plugin)).build();
    const running = manager.execute('auth', 'first');
    const ending = manager.shutdown();
    await expect(manager.execute('auth', 'second')).rejects.toThrow(
      '[PLUGIN_1208] manager is shut down. Build a new one.',
    );
    expect(await soFar(ending)).toBe('waits');
    letGo();
    expect(await running).toBe('first');
    expect((await ending).cancelled).toEqual({});
  });

  it('refuses every later use with PLUGIN_1208', async () => {
    const manager = await simple.withPlugin('auth', inProcess(loud)).build();
    await manager.shutdown();
    const shutDown = { code: 'PLUGIN_1208' };
    await expect(manager.execute('auth', 'hello')).rejects.toMatchObject(shutDown);
    await expect(
      (manager as { execute(name: string, request: string): Promise<string> }).execute('none', ''),
    ).rejects.toMatchObject(shutDown);
    await expect(manager.register('mail', inProcess(loud))).rejects.toMatchObject(shutDown);
  });

  it("gives running calls the manager's time, or the one it is told", async () => {
    for (const [options, timeoutMs] of [
      [undefined, 10_000],
      [{ timeoutMs: 70 }, 70],
      [{ timeoutMs: 0 }, 0],
    ] as const) {
      const clock = new ManualClock();
      const manager = await simple
        .withTimeout(10_000)
        .withClock(clock)
        .withPlugin('auth', inProcess(hanging), { timeoutMs: 99_000 })
        .build();
      const calls = [manager.execute('auth', 'one'), manager.execute('auth', 'two')];
      const outcomes = Promise.allSettled(calls);
      const ending = manager.shutdown(options);
      clock.advance(timeoutMs - 1);
      expect(await soFar(ending)).toBe('waits');
      clock.advance(1);
      expect(await ending).toEqual({ cancelled: { auth: 2 }, durationMs: timeoutMs });
      for (const outcome of await outcomes) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { code: 'PLUGIN_1206', plugin: 'auth' },
        });
      }
    }
  });

  it("tells a plugin's signal that its call was cancelled", async () => {
    const clock = new ManualClock();
    let reason: PluginError | undefined;
    const listening = answering<string, string>(
      (_, { signal }) =>
        new Promise(() => signal.addEventListener('abort', () => (reason = signal.reason as PluginError))),
    );
    const manager = await simple.withClock(clock).withPlugin('auth', inProcess(listening)).build();
    const call = manager.execute('auth', 'hello');
    const ending = manager.shutdown({ timeoutMs: 10 });
    clock.advance(10);
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    expect(reason).toMatchObject({ code: 'PLUGIN_1206' });
    await ending;
  });

  it('ends a plugin that is still starting', async () => {
    const puppet = new Puppet();
    puppet.onStart = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const manager = await simple.withPlugin('lazy', puppet, { start: 'lazy' }).build();
    const call = manager.execute('lazy', 'hello');
    await aTurn();
    const ending = manager.shutdown({ timeoutMs: 0 });
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    await ending;
    expect([puppet.channels, manager.getPlugin('lazy')?.state.status]).toEqual([[], 'stopped']);
  });

  it('closes a channel that opens though it was told to stop', async () => {
    const puppet = new Puppet();
    let started = (): void => {};
    puppet.onStart = () => new Promise((resolve) => (started = resolve));
    const manager = await simple.build();
    const registering = manager.register('late', puppet);
    const outcome = soFarLater(registering);
    await aTurn();
    const ending = manager.shutdown({ timeoutMs: 0 });
    await aTurn();
    started();
    await ending;
    expect(await outcome).toBe('PLUGIN_1208');
    expect([puppet.last.closedWithMs, manager.getPlugin('late')]).toEqual([0, undefined]);
  });

  it('does not wait for a start that never ends', async () => {
    const never = definePlugin<string, string>({
      name: 'never',
      version: '1.0.0',
      initialize: () => new Promise(() => {}),
      execute: (text) => text,
    });
    const clock = new ManualClock();
    const manager = await simple.withClock(clock).build();
    const starting = soFarLater(manager.register('never', inProcess(never)));
    await aTurn();
    const ending = manager.shutdown({ timeoutMs: 10 });
    clock.advance(60_000);
    expect(await soFar(ending)).toBe('answered');
    expect(await starting).toMatch(/^(PLUGIN_1206|PLUGIN_1207|PLUGIN_1208)$/);
  });

  it('does not wait for a close that never ends', async () => {
    const clinging = definePlugin<string, string>({
      name: 'clinging',
      version: '1.0.0',
      execute: (text) => text,
      close: () => new Promise(() => {}),
    });
    const clock = new ManualClock();
    const manager = await simple.withClock(clock).withPlugin('clinging', inProcess(clinging)).build();
    const ending = manager.shutdown({ timeoutMs: 10 });
    await aTurn();
    clock.advance(60_000);
    expect(await soFar(ending)).toBe('answered');
  });

  it('goes on where a plugin throws when it is closed, and says so in the log', async () => {
    const log = new MemoryLogger();
    const sulking = definePlugin<string, string>({
      name: 'sulking',
      version: '1.0.0',
      execute: (text) => text,
      close: () => Promise.reject(new Error('I will not')),
    });
    const manager = await simple.withLogger(log).withPlugin('sulking', inProcess(sulking)).build();
    await manager.shutdown();
    expect(log.records).toContainEqual({
      level: 'warn',
      message: 'close failed',
      fields: { plugin: 'sulking', error: 'I will not' },
    });
  });

  it.each([
    ['a child', () => subprocess(process.execPath, { args: [echo] })],
    ['a child on stdio', () => subprocess(process.execPath, { args: [echo], channel: 'stdio' })],
    ['a worker', () => worker(echo)],
  ])('of %s in good order leaves no complaint in the log', async (_what, source) => {
    const log = new MemoryLogger();
    const manager = await simple.withLogger(log).withPlugin('echo', source()).build();
    expect(await manager.execute('echo', 'hello')).toBe('hello');
    await manager.shutdown();
    expect(log.records.map(({ message }) => message)).toEqual(['plugin is ready', 'plugin stopped']);
  });

  it('starts nothing again that waited for its restart', async () => {
    const clock = new ManualClock();
    const puppet = new Puppet();
    const manager = await simple.withClock(clock).withPlugin('auth', puppet).build();
    await puppet.last.crash();
    await manager.shutdown();
    clock.advance(3_600_000);
    await aTurn();
    expect(puppet.starts).toBe(1);
  });

  it('joins an unregister that is under way', async () => {
    const { plugin, letGo } = waiting();
    const clock = new ManualClock();
    const manager = await simple.withClock(clock).withPlugin('auth', inProcess(plugin)).build();
    const running = manager.execute('auth', 'first');
    const leaving = manager.unregister('auth');
    const ending = manager.shutdown();
    await aTurn();
    letGo();
    await running;
    expect(await Promise.all([soFar(leaving), soFar(ending)])).toEqual(['answered', 'answered']);
  });

  it('leaves no timer, whatever ran before', async () => {
    const clock = new ManualClock();
    const puppet = new Puppet();
    const manager = await simple
      .withClock(clock)
      .withPlugin('auth', puppet)
      .withPlugin('hang', inProcess(hanging))
      .build();
    await manager.execute('auth', 'hello', { timeoutMs: 5 });
    const stuck = soFarLater(manager.execute('hang', 'hello'));
    await manager.health();
    const ending = manager.shutdown({ timeoutMs: 10 });
    clock.advance(10);
    await ending;
    expect(await stuck).toBe('PLUGIN_1206');
    expect(clock.timersMs).toEqual([]);
  });
});

/** How a promise ends, without an unhandled rejection until somebody asks. */
function soFarLater(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'answered',
    (error: unknown) => (isPluginError(error) ? error.code : 'an error without a code'),
  );
}
