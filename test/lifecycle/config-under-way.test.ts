import { expect, it } from 'vitest';
import { aTurn } from '../manager/so-far.ts';
import { hostOf, named } from './named-host.ts';

/** A plugin that notes what config it starts with and what it is told later; it takes what it is told. */
function noting() {
  const plugin = named('auth');
  const configs: unknown[] = [];
  plugin.onStart = async ({ config }) => void configs.push(config);
  plugin.onConfigure = async (config) => configs.push(`told ${String(config)}`) > 0;
  return { plugin, configs };
}

/** Something that waits until it is opened. */
function gate() {
  let open = (): void => {};
  const isOpen = new Promise<void>((resolve) => (open = resolve));
  return { open: () => open(), isOpen };
}

it('a start that is under way when the config changes ends with the new one, before a call', async () => {
  const { plugin, configs } = noting();
  const { clock, host, manager } = await hostOf(plugin, { config: 'first' });
  await using _ = host;
  const { open, isOpen } = gate();
  const note = plugin.onStart;
  plugin.onStart = async (setup) => {
    await note(setup);
    await isOpen;
  };
  plugin.answer = () => configs.push('called');
  await plugin.last.crash();
  clock.advance(1000);
  const call = manager.execute('auth', 'x');
  await manager.reconfigure('auth', { config: 'second' });
  open();
  await call;
  expect([configs, plugin.starts]).toEqual([['first', 'first', 'told second', 'called'], 2]);
});

it('is started again if it cannot take the new one while it runs', async () => {
  const { plugin, configs } = noting();
  plugin.onConfigure = async () => false;
  const { clock, host, manager } = await hostOf(plugin, { config: 'first' });
  await using _ = host;
  const { open, isOpen } = gate();
  const note = plugin.onStart;
  plugin.onStart = async (setup) => {
    await note(setup);
    await isOpen;
  };
  await plugin.last.crash();
  clock.advance(1000);
  await manager.reconfigure('auth', { config: 'second' });
  open();
  await aTurn();
  clock.advance(2000);
  await aTurn();
  expect(configs).toEqual(['first', 'first', 'second']);
  expect(await manager.execute('auth', 'x')).toBe('auth');
});

it('one of several that starts again while the others are told is told, too', async () => {
  const { plugin, configs } = noting();
  const settings = { instances: { count: 2 } };
  const { clock, host, manager } = await hostOf(plugin, { ...settings, config: 'first' });
  await using _ = host;
  const { open, isOpen } = gate();
  const [one, two] = plugin.channels;
  const take = plugin.onConfigure;
  if (two !== undefined)
    two.configure = async (config) => {
      await isOpen;
      return take(config);
    };
  const changed = manager.reconfigure('auth', { ...settings, config: 'second' });
  await aTurn();
  await one?.crash();
  clock.advance(1000);
  await aTurn();
  open();
  await changed;
  await aTurn();
  expect(configs).toEqual(['first', 'first', 'told second', 'first', 'told second', 'told second']);
  expect(plugin.starts).toBe(3);
});

it('a plugin that gives no answer to its new config is replaced by one that starts with it', async () => {
  const { plugin, configs } = noting();
  plugin.onConfigure = () => new Promise(() => {});
  const { clock, host, manager } = await hostOf(plugin, { config: 'first', startTimeoutMs: 700 });
  await using _ = host;
  const changed = manager.reconfigure('auth', { config: 'second', startTimeoutMs: 700 });
  await aTurn();
  expect(configs).toEqual(['first']);
  clock.advance(700);
  await changed;
  expect([configs, plugin.channels.map(({ closedWithMs }) => closedWithMs !== undefined)]).toEqual([
    ['first', 'second'],
    [true, false],
  ]);
});

it('a shutdown does not wait for the answer to a new config', async () => {
  const { plugin } = noting();
  plugin.onConfigure = () => new Promise(() => {});
  const { host, manager } = await hostOf(plugin, { config: 'first' });
  await using _ = host;
  const changed = manager.reconfigure('auth', { config: 'second' });
  await aTurn();
  await manager.shutdown();
  await expect(changed).rejects.toMatchObject({ code: 'PLUGIN_1207' });
  expect(plugin.starts).toBe(1);
});
