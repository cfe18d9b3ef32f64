import { describe, expect, it } from 'vitest';
import { definePlugin, PluginError, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { aTurn } from '../manager/so-far.ts';
import { managed } from '../support/managed.ts';
import { hostOf, named } from './named-host.ts';

describe('reconfigure', () => {
  it('changes policies under a running plugin without a new start', async () => {
    const plugin = named('auth');
    const { host, manager } = await hostOf(plugin, { rateLimit: { burstSize: 1 } });
    await using _ = host;
    await manager.execute('auth', 'one');
    await expect(manager.execute('auth', 'two')).rejects.toMatchObject({ code: 'RATELIMIT_1501' });
    const changes: unknown[] = [];
    manager.on('config', ({ changed }) => changes.push(changed));
    await manager.reconfigure('auth', { timeoutMs: 700 });
    expect(await manager.execute('auth', 'three')).toBe('auth');
    expect([changes, plugin.starts]).toEqual([[['timeoutMs', 'rateLimit']], 1]);
  });

  it('lets calls that run go on', async () => {
    const plugin = named('auth');
    let answer: (text: string) => void = () => {};
    plugin.answer = () => new Promise<string>((resolve) => (answer = resolve));
    const { host, manager } = await hostOf(plugin);
    await using _ = host;
    const running = manager.execute('auth', 'one');
    await aTurn();
    await manager.reconfigure('auth', { retry: { maxRetries: 1 } });
    answer('still there');
    expect(await running).toBe('still there');
  });

  it('gives an open breaker another policy, and begins closed', async () => {
    const plugin = named('auth');
    plugin.answer = () => Promise.reject(new Error('broken'));
    const { host, manager } = await hostOf(plugin, {
      circuitBreaker: { failureThreshold: 1, minRequestThreshold: 0 },
    });
    await using _ = host;
    await manager.execute('auth', 'x').catch(() => {});
    await expect(manager.execute('auth', 'x')).rejects.toMatchObject({ code: 'CIRCUIT_1401' });
    const moves: string[] = [];
    manager.on('breaker', ({ from, to }) => moves.push(`${from} -> ${to}`));
    await manager.reconfigure('auth', { circuitBreaker: { failureThreshold: 5 } });
    await expect(manager.execute('auth', 'x')).rejects.toMatchObject({ code: 'PLUGIN_1203' });
    expect([moves, plugin.starts]).toEqual([['open -> closed'], 1]);
  });

  it('starts health checks, changes their time, and ends them', async () => {
    const plugin = named('auth');
    const { clock, host, manager } = await hostOf(plugin);
    await using _ = host;
    const waits = (): number[] => clock.timersMs.filter((ms) => ms === 500 || ms === 900);
    await manager.reconfigure('auth', { healthCheck: { intervalMs: 500 } });
    expect(waits()).toEqual([500]);
    await manager.reconfigure('auth', { healthCheck: { intervalMs: 900 } });
    expect(waits()).toEqual([900]);
    await manager.reconfigure('auth', {});
    expect([waits(), plugin.starts]).toEqual([[], 1]);
  });

  it('plans no second health check beside one that is under way', async () => {
    const plugin = named('auth');
    const { clock, host, manager } = await hostOf(plugin, { healthCheck: { intervalMs: 1000 } });
    await using _ = host;
    let asked = 0;
    plugin.last.health = () => {
      asked++;
      return new Promise(() => {});
    };
    clock.advance(1000);
    await manager.reconfigure('auth', { healthCheck: { intervalMs: 10 } });
    for (let round = 0; round < 5; round++) {
      clock.advance(10);
      await aTurn();
    }
    expect(asked).toBe(1);
    clock.advance(1000); // the one under way is given up
    await aTurn();
    clock.advance(10);
    expect(asked).toBe(2);
  });

  it('starts a plugin again that was given up', async () => {
    const plugin = named('auth');
    const { host, manager } = await hostOf(plugin, { config: 'bad', restart: { maxRestarts: 0 } });
    await using _ = host;
    await plugin.last.crash();
    await manager.reconfigure('auth', { config: 'mended' });
    expect(await manager.execute('auth', 'x')).toBe('auth');
  });

  it("hands new config to the plugin's configure, and its next start gets it too", async () => {
    const plugin = named('auth');
    const configs: unknown[] = [];
    plugin.onStart = async ({ config }) => void configs.push(config);
    const { clock, host, manager } = await hostOf(plugin, { config: 'first' });
    await using _ = host;
    plugin.last.configure = async (config) => configs.push(`told ${String(config)}`) > 0;
    await manager.reconfigure('auth', { config: 'second' });
    await plugin.last.crash();
    clock.advance(1000);
    await aTurn();
    expect([configs, plugin.starts]).toEqual([['first', 'told second', 'second'], 2]);
  });

  it('sees what has changed in an object that it was given before', async () => {
    const plugin = named('auth');
    const settings = { config: { level: 1, words: ['a'] } };
    const { host, manager } = await hostOf(plugin, settings);
    await using _ = host;
    const told: unknown[] = [];
    plugin.last.configure = async (config) => told.push(config) > 0;
    settings.config.level = 2;
    await manager.reconfigure('auth', settings);
    settings.config.words.push('b');
    await manager.reconfigure('auth', settings);
    expect(told).toEqual([
      { level: 2, words: ['a'] },
      { level: 2, words: ['a', 'b'] },
    ]);
  });

  it('replaces a plugin that cannot take new config while it runs', async () => {
    const { host, manager } = await hostOf(named('auth'), { config: 1 });
    await using _ = host;
    const moved = host.next('auth', 'stopped');
    await manager.reconfigure('auth', { config: 2 });
    await moved;
    expect(await manager.execute('auth', 'x')).toBe('auth');
  });

  it('changes nothing when the plugin refuses its new config', async () => {
    const told: unknown[] = [];
    const plugin = definePlugin({
      name: 'auth',
      version: '1.0.0',
      execute: (text: string) => text,
      configure(config: unknown) {
        told.push(config);
        if (config === 'bad') throw new PluginError('CONFIG_1703', { message: 'no such word.' });
      },
    });
    const settings = { config: 'good', timeoutMs: 5000 };
    await using host = await managed(
      Simple<string, string>().withPlugin('auth', inProcess(plugin), settings).build(),
    );
    const refused = host.manager.reconfigure('auth', { config: 'bad', timeoutMs: 1 });
    await expect(refused).rejects.toThrow('it refused its new config');
    expect([told, await host.manager.execute('auth', 'x')]).toEqual([['bad'], 'x']);
  });

  it('and a replacement that are asked for at once build on one another', async () => {
    const { host, manager } = await hostOf(named('old'), { timeoutMs: 500 });
    await using _ = host;
    const changes: unknown[] = [];
    manager.on('config', ({ changed }) => changes.push(changed));
    await Promise.all([
      manager.reconfigure('auth', { timeoutMs: 700 }),
      manager.replace('auth', named('new')),
      manager.reconfigure('auth', { timeoutMs: 700, instances: { count: 2 } }),
    ]);
    expect([await manager.execute('auth', 'x'), changes]).toEqual(['new', [['timeoutMs'], ['instances']]]);
  });

  it('changes how many run by new instances', async () => {
    const plugin = named('auth');
    const { host, manager } = await hostOf(plugin);
    await using _ = host;
    await manager.reconfigure('auth', { instances: 3 });
    expect(manager.getPlugin('auth')?.instances.length).toBe(3);
  });

  it('names what is wrong with settings, and changes nothing', async () => {
    const { host, manager } = await hostOf(named('auth'));
    await using _ = host;
    await expect(manager.reconfigure('auth', { timeoutMs: -1 })).rejects.toMatchObject({
      code: 'CONFIG_1703',
    });
    expect(await manager.execute('auth', 'x')).toBe('auth');
  });
});
