import { describe, expect, it } from 'vitest';
import { Simple, type PluginError, type PluginManager } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering, hanging } from '../manager/plugins.ts';
import { Puppet } from '../manager/puppet.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { heldHost } from './held-host.ts';

describe('drain', () => {
  it('refuses new calls at once with PLUGIN_1207, which a retry does not help', async () => {
    const { host, manager, letGo } = await heldHost({ retry: {} });
    await using _ = host;
    const running = manager.execute('auth', 'first');
    const draining = manager.drain('auth');
    await expect(manager.execute('auth', 'second')).rejects.toMatchObject({
      code: 'PLUGIN_1207',
      plugin: 'auth',
      retryable: false,
      rawMessage: 'it was drained and takes no calls. Replace it to bring it back.',
    });
    letGo();
    expect(await running).toBe('first');
    await draining;
  });

  it('ends with the last call, not on a tick', async () => {
    const { clock, host, manager, letGo } = await heldHost();
    await using _ = host;
    const calls = [manager.execute('auth', 'first'), manager.execute('auth', 'second')];
    const draining = manager.drain('auth');
    letGo();
    await aTurn();
    expect(await soFar(draining)).toBe('waits');
    letGo();
    await Promise.all(calls);
    // no time has passed, so that nothing can have looked at a clock
    expect(await soFar(draining)).toBe('answered');
    expect([await draining, clock.now()]).toEqual([{ cancelled: 0, durationMs: 0 }, 0]);
  });

  it('sets no timer but the ones for its end', async () => {
    const { clock, host, manager, letGo } = await heldHost();
    await using _ = host;
    const running = manager.execute('auth', 'first', { timeoutMs: 7000 });
    await aTurn();
    const before = clock.timersMs;
    const draining = manager.drain('auth', { timeoutMs: 4000 });
    await aTurn();
    const added = clock.timersMs.filter((ms) => !before.includes(ms));
    expect(new Set(added)).toEqual(new Set([4000]));
    letGo();
    await Promise.all([running, draining]);
  });

  it('ends at once where nothing runs', async () => {
    const { host, manager } = await heldHost();
    await using _ = host;
    expect(await manager.drain('auth')).toEqual({ cancelled: 0, durationMs: 0 });
  });

  it('cancels at its deadline what still runs with PLUGIN_1206, counts it, and tells the plugin', async () => {
    const clock = new ManualClock();
    const reasons: string[] = [];
    const listening = answering<string, string>(
      (_, { signal }) =>
        new Promise(() =>
          signal.addEventListener('abort', () => reasons.push((signal.reason as PluginError).code)),
        ),
    );
    await using host = await managed(
      Simple<string, string>().withClock(clock).withPlugin('auth', inProcess(listening)).build(),
    );
    const calls = [1, 2, 3].map(() => host.manager.execute('auth', 'hello', { timeoutMs: 90_000 }));
    const draining = host.manager.drain('auth', { timeoutMs: 2000 });
    await aTurn();
    clock.advance(1999);
    expect(await soFar(draining)).toBe('waits');
    clock.advance(1);
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1206', plugin: 'auth' });
    expect(await draining).toEqual({ cancelled: 3, durationMs: 2000 });
    expect(reasons).toEqual(Array(3).fill('PLUGIN_1206'));
  });

  it("has the plugin's drainTimeoutMs unless it is told another", async () => {
    const clock = new ManualClock();
    await using host = await managed(
      Simple<string, string>()
        .withClock(clock)
        .withPlugin('auth', inProcess(hanging), { drainTimeoutMs: 700, timeoutMs: 90_000 })
        .build(),
    );
    const call = host.manager.execute('auth', 'hello');
    call.catch(() => {});
    const draining = host.manager.drain('auth');
    await aTurn();
    clock.advance(700);
    expect((await draining).durationMs).toBe(700);
  });

  it('tells how many calls are left when it begins and each time one ends, and how many were cancelled at the end', async () => {
    const { clock, host, manager, progress, letGo } = await heldHost();
    await using _ = host;
    const calls = ['one', 'two', 'three'].map((text) => manager.execute('auth', text));
    for (const call of calls) call.catch(() => {});
    const draining = manager.drain('auth', { timeoutMs: 100 });
    await aTurn();
    letGo();
    await aTurn();
    letGo();
    await aTurn();
    expect(progress).toEqual([
      { plugin: 'auth', remaining: 3, cancelled: undefined },
      { plugin: 'auth', remaining: 2, cancelled: undefined },
      { plugin: 'auth', remaining: 1, cancelled: undefined },
    ]);
    clock.advance(100);
    expect((await draining).cancelled).toBe(1);
    expect(progress.at(-1)).toEqual({ plugin: 'auth', remaining: 0, cancelled: 1 });
  });

  it('leaves other plugins alone', async () => {
    const { host, manager, letGo } = await heldHost();
    await using _ = host;
    const running = manager.execute('auth', 'first');
    const draining = manager.drain('auth');
    for (let call = 0; call < 100; call++) expect(await manager.execute('mail', 'hello')).toBe('HELLO');
    expect(await soFar(draining)).toBe('waits');
    letGo();
    await Promise.all([running, draining]);
    expect(await manager.execute('mail', 'hello')).toBe('HELLO');
  });

  it('leaves the plugin registered, stopped, with its counts', async () => {
    const { clock, host, manager } = await heldHost();
    await using _ = host;
    const running = manager.execute('auth', 'hello');
    running.catch(() => {});
    const draining = manager.drain('auth', { timeoutMs: 0 });
    await aTurn();
    clock.advance(0);
    await draining;
    expect(manager.has('auth')).toBe(true);
    expect(manager.getPlugin('auth')).toMatchObject({
      state: { status: 'stopped' },
      calls: { started: 1, succeeded: 0, failed: 1, active: 0 },
    });
    expect((await manager.health()).plugins['auth']).toMatchObject({ status: 'offline' });
  });

  it('may be said again and at the same time: each ends when the calls have', async () => {
    const { host, manager, letGo } = await heldHost();
    await using _ = host;
    const running = manager.execute('auth', 'first');
    const drains = [manager.drain('auth'), manager.drain('auth')];
    await aTurn();
    letGo();
    await running;
    expect(await Promise.all(drains.map(soFar))).toEqual(['answered', 'answered']);
    expect(await manager.drain('auth')).toMatchObject({ cancelled: 0 });
  });

  it('keeps the shorter of two deadlines, and counts each cancelled call once', async () => {
    const { clock, host, manager } = await heldHost();
    await using _ = host;
    const running = manager.execute('auth', 'first');
    running.catch(() => {});
    const drains = [manager.drain('auth', { timeoutMs: 10_000 }), manager.drain('auth', { timeoutMs: 50 })];
    await aTurn();
    clock.advance(50);
    await expect(running).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    const reports = await Promise.all(drains);
    expect(reports.reduce((sum, { cancelled }) => sum + cancelled, 0)).toBe(1);
  });

  it('lets calls that wait for a slot have it', async () => {
    const { host, manager, letGo } = await heldHost({ concurrency: { maxConcurrent: 1 } });
    await using _ = host;
    const calls = ['one', 'two', 'three'].map((text) => manager.execute('auth', text));
    const draining = manager.drain('auth');
    for (let call = 0; call < 3; call++) {
      await aTurn();
      letGo();
    }
    expect(await Promise.all(calls)).toEqual(['one', 'two', 'three']);
    expect((await draining).cancelled).toBe(0);
  });

  it('lets calls that wait for the start of a lazy plugin have their answer', async () => {
    const puppet = new Puppet();
    let started = (): void => {};
    puppet.onStart = () => new Promise((resolve) => (started = resolve));
    await using host = await managed(
      Simple<string, string>().withPlugin('lazy', puppet, { start: 'lazy' }).build(),
    );
    const call = host.manager.execute('lazy', 'hello');
    await aTurn();
    const draining = host.manager.drain('lazy');
    await aTurn();
    started();
    expect(await call).toBe('hello');
    await draining;
    expect(host.manager.getPlugin('lazy')?.state.status).toBe('stopped');
  });

  it('of a plugin that waits for its restart starts nothing any more', async () => {
    const clock = new ManualClock();
    const puppet = new Puppet();
    await using host = await managed(
      Simple<string, string>().withClock(clock).withPlugin('auth', puppet).build(),
    );
    await puppet.last.crash();
    await host.manager.drain('auth');
    clock.advance(60_000);
    await aTurn();
    expect([puppet.starts, host.manager.getPlugin('auth')?.state.status]).toEqual([1, 'stopped']);
  });

  it('during a restart starts nothing any more, even if that restart fails', async () => {
    const clock = new ManualClock();
    const puppet = new Puppet();
    await using host = await managed(
      Simple<string, string>().withClock(clock).withPlugin('auth', puppet).build(),
    );
    await puppet.last.crash();
    let fail = (_error: Error): void => {};
    puppet.onStart = () => new Promise((_, reject) => (fail = reject));
    clock.advance(1000);
    await aTurn();
    const draining = host.manager.drain('auth');
    await aTurn();
    fail(new Error('no'));
    await draining;
    clock.advance(600_000);
    await aTurn();
    expect([puppet.starts, host.manager.getPlugin('auth')?.state.status]).toEqual([2, 'stopped']);
  });

  it('of a plugin that was never used starts nothing', async () => {
    const puppet = new Puppet();
    await using host = await managed(
      Simple<string, string>().withPlugin('lazy', puppet, { start: 'lazy' }).build(),
    );
    await host.manager.drain('lazy');
    await expect(host.manager.execute('lazy', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1207' });
    expect(puppet.starts).toBe(0);
  });

  it('of a plugin that is not there is PLUGIN_1201', async () => {
    await using host = await managed(Simple<string, string>().build());
    const manager: PluginManager<string, string> = host.manager;
    await expect(manager.drain('auth')).rejects.toMatchObject({ code: 'PLUGIN_1201' });
  });
});
