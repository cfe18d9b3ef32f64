import { describe, expect, it } from 'vitest';
import { Simple, type PluginManager, type PluginSource, type Single } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { hanging, loud, waiting } from './plugins.ts';
import { Puppet } from './puppet.ts';
import { aTurn, soFar } from './so-far.ts';

const simple = Simple<string, string>();

describe('register', () => {
  it('takes up a plugin while the manager runs', async () => {
    await using host = await managed(simple.withPlugin('auth', inProcess(loud)).build());
    const manager = await host.manager.register('mail', inProcess(loud), { timeoutMs: 50 });
    expect(await manager.execute('mail', 'hello')).toBe('HELLO');
    expect(manager.listPlugins().map(({ name }) => name)).toEqual(['auth', 'mail']);
  });

  it.each(['../etc', '', 'a b'])('refuses the name %j', async (name) => {
    await using host = await managed(simple.build());
    await expect(host.manager.register(name, inProcess(loud))).rejects.toMatchObject({ code: 'PLUGIN_1001' });
    expect(host.manager.listPlugins()).toEqual([]);
  });

  it.each<unknown>([undefined, null, 'auth', {}])(
    'refuses %j, which is no source, and says what is',
    async (source) => {
      await using host = await managed(simple.build());
      const given = source as PluginSource<Single<string, string>>;
      await expect(host.manager.register('auth', given)).rejects.toMatchObject({
        code: 'REGISTRY_1907',
        message: expect.stringContaining('inProcess(plugin)') as string,
      });
      expect(host.manager.listPlugins()).toEqual([]);
    },
  );

  it('lets one of many win that come at once under one name', async () => {
    await using host = await managed(simple.build());
    const many = Array.from({ length: 20 }, () => host.manager.register('auth', inProcess(loud)));
    const results = await Promise.allSettled(many);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const reasons = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    for (const reason of reasons) expect(reason).toMatchObject({ code: 'PLUGIN_1010', plugin: 'auth' });
  });

  it('forgets a plugin that could not be started, so that it can be tried again', async () => {
    await using host = await managed(simple.build());
    const puppet = new Puppet();
    puppet.failToStart();
    await expect(host.manager.register('auth', puppet)).rejects.toMatchObject({
      code: 'REGISTRY_1908',
      plugin: 'auth',
    });
    expect(host.manager.has('auth')).toBe(false);
    puppet.onStart = async () => {};
    const manager = await host.manager.register('auth', puppet);
    expect(await manager.execute('auth', 'hello')).toBe('hello');
    expect(puppet.starts).toBe(2);
  });

  it('does not start a lazy plugin', async () => {
    await using host = await managed(simple.build());
    const puppet = new Puppet();
    await host.manager.register('auth', puppet, { start: 'lazy' });
    expect([puppet.starts, host.manager.getPlugin('auth')?.state.status]).toEqual([0, 'stopped']);
  });
});

describe('unregister', () => {
  it('stops the plugin and forgets it; the name is free again', async () => {
    const puppet = new Puppet();
    await using host = await managed(simple.withPlugin('auth', puppet).build());
    const manager: PluginManager<string, string> = host.manager;
    await manager.unregister('auth');
    expect(puppet.last.closedWithMs).toBe(5000);
    expect([manager.has('auth'), manager.getPlugin('auth')]).toEqual([false, undefined]);
    await expect(manager.execute('auth', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1201' });
    const again = await manager.register('auth', inProcess(loud));
    expect(await again.execute('auth', 'hello')).toBe('HELLO');
  });

  it('says so where there is none of that name', async () => {
    await using host = await managed(simple.withPlugin('auth', inProcess(loud)).build());
    const manager = host.manager as unknown as { unregister(name: string): Promise<unknown> };
    await expect(manager.unregister('mail')).rejects.toThrow(
      "[PLUGIN_1201] plugin 'mail' not found. Registered: auth.",
    );
  });

  it('lets running calls end, and refuses new ones at once with PLUGIN_1207', async () => {
    const { plugin, letGo } = waiting();
    await using host = await managed(simple.withPlugin('auth', inProcess(plugin)).build());
    const { manager } = host;
    const running = manager.execute('auth', 'first');
    const leaving = manager.unregister('auth');
    await expect(manager.execute('auth', 'second')).rejects.toMatchObject({
      code: 'PLUGIN_1207',
      plugin: 'auth',
      retryable: false,
    });
    expect(await soFar(leaving)).toBe('waits');
    letGo();
    expect(await running).toBe('first');
    await leaving;
    expect(manager.has('auth')).toBe(false);
  });

  it('shows the plugin as draining while its calls end', async () => {
    const { plugin, letGo } = waiting();
    await using host = await managed(simple.withPlugin('auth', inProcess(plugin)).build());
    const running = host.manager.execute('auth', 'first');
    const leaving = host.manager.unregister('auth');
    await aTurn();
    expect(host.manager.getPlugin('auth')?.state.status).toBe('draining');
    letGo();
    await Promise.all([running, leaving]);
    expect(host.moves).toEqual(['auth: draining', 'auth: stopped']);
  });

  it('cancels with PLUGIN_1206 what has not ended within drainTimeoutMs', async () => {
    const clock = new ManualClock();
    await using host = await managed(
      simple.withClock(clock).withPlugin('auth', inProcess(hanging), { drainTimeoutMs: 200 }).build(),
    );
    const running = host.manager.execute('auth', 'first');
    const leaving = host.manager.unregister('auth');
    clock.advance(199);
    expect(await soFar(running)).toBe('waits');
    clock.advance(1);
    await expect(running).rejects.toMatchObject({ code: 'PLUGIN_1206', plugin: 'auth' });
    await leaving;
  });

  it('leaves the other plugins alone', async () => {
    const { plugin, letGo } = waiting();
    await using host = await managed(
      simple.withPlugin('auth', inProcess(plugin)).withPlugin('mail', inProcess(loud)).build(),
    );
    const running = host.manager.execute('auth', 'first');
    const leaving = host.manager.unregister('auth');
    expect(await host.manager.execute('mail', 'hello')).toBe('HELLO');
    letGo();
    await Promise.all([running, leaving]);
  });

  it('may be said twice; both end when the calls have', async () => {
    const clock = new ManualClock();
    const { plugin, letGo } = waiting();
    await using host = await managed(simple.withClock(clock).withPlugin('auth', inProcess(plugin)).build());
    const running = host.manager.execute('auth', 'first');
    const leaving = [host.manager.unregister('auth'), host.manager.unregister('auth')];
    await aTurn();
    letGo();
    await running;
    // no time passes: nobody waits for a drain's time to be over
    expect(await Promise.all(leaving.map(soFar))).toEqual(['answered', 'answered']);
  });

  it('keeps the name taken until the plugin is gone', async () => {
    const puppet = new Puppet();
    let closed = (): void => {};
    puppet.onClose = () => new Promise((resolve) => (closed = resolve));
    await using host = await managed(simple.withPlugin('auth', puppet).build());
    const leaving = host.manager.unregister('auth');
    await aTurn();
    const again = host.manager.register('auth', inProcess(loud));
    await expect(again).rejects.toMatchObject({ code: 'PLUGIN_1010' });
    closed();
    await leaving;
    expect(host.manager.has('auth')).toBe(false);
  });

  it('ends a plugin that is still starting', async () => {
    const puppet = new Puppet();
    puppet.onStart = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    await using host = await managed(simple.build());
    const starting = host.manager.register('auth', puppet);
    const leaving = (host.manager as unknown as { unregister(name: string): Promise<unknown> }).unregister(
      'auth',
    );
    await expect(starting).rejects.toMatchObject({ code: 'PLUGIN_1207' });
    await leaving;
    expect(host.manager.listPlugins()).toEqual([]);
  });

  it('leaves nothing after many cycles', async () => {
    const clock = new ManualClock();
    const host = await managed(simple.withMetrics().withClock(clock).build());
    for (let cycle = 0; cycle < 200; cycle++) {
      const manager = await host.manager.register(`p${cycle}`, new Puppet());
      await manager.execute(`p${cycle}`, 'hello');
      await manager.unregister(`p${cycle}`);
    }
    expect(host.manager.listPlugins()).toEqual([]);
    expect(host.manager.metrics()?.plugins).toEqual({});
    await host.manager.shutdown();
    expect(clock.timersMs).toEqual([]);
  });
});
