import { describe, expect, it } from 'vitest';
import { isPluginError } from 'plugboard';
import type { Puppet } from '../manager/puppet.ts';
import { aTurn } from '../manager/so-far.ts';
import { managed } from '../support/managed.ts';
import { isAlive, pidOf } from '../support/processes.ts';
import { bee, bees } from './bees.ts';
import { hostOf, named } from './named-host.ts';

describe('a replacement that fails', () => {
  it.each<[string, (fresh: Puppet) => void, string]>([
    ['does not start', (fresh) => fresh.failToStart(), 'REGISTRY_1908'],
    [
      'ends while it starts',
      (fresh) => (fresh.onStart = () => Promise.reject(new Error('no'))),
      'REGISTRY_1907',
    ],
  ])('because it %s leaves the old one as it was', async (_what, spoil, code) => {
    const old = named('old');
    const { clock, host, manager } = await hostOf(old, { timeoutMs: 1234, circuitBreaker: {} });
    await using _ = host;
    await manager.execute('auth', 'hello');
    const before = manager.getPlugin('auth');
    const fresh = named('new');
    spoil(fresh);
    await expect(manager.replace('auth', fresh, { timeoutMs: 9, instances: 2 })).rejects.toMatchObject({
      code,
      plugin: 'auth',
    });
    expect(manager.getPlugin('auth')).toEqual(before);
    expect(await manager.execute('auth', 'hello')).toBe('old');
    expect([old.starts, old.last.closedWithMs]).toEqual([1, undefined]);
    clock.advance(60_000);
    await aTurn();
    expect(fresh.starts).toBe(2); // one for each instance, and none later
  });

  it('because it is ill is ended again, with why', async () => {
    await using host = await managed(bees.withPlugin('bee', bee('old')).build());
    const { manager } = host;
    const pids: number[] = [];
    manager.on('state', ({ to }) => to.status === 'ready' && to.pid !== undefined && pids.push(to.pid));
    await expect(manager.replace('bee', bee('ill', 'unhealthy'))).rejects.toMatchObject({
      code: 'HEALTH_1601',
      rawMessage: 'it started but is unhealthy: it does not say why. Look at its log.',
    });
    expect(pids).toHaveLength(1);
    expect(pids.filter(isAlive)).toEqual([]);
    expect((await manager.execute('bee', { id: 1 })).name).toBe('old');
  });

  it('because it does not say how it is fails after the time of a health check', async () => {
    await using host = await managed(
      bees.withPlugin('bee', bee('old'), { healthCheck: { intervalMs: 60_000, timeoutMs: 100 } }).build(),
    );
    await expect(host.manager.replace('bee', bee('mute', 'silent'))).rejects.toMatchObject({
      code: 'HEALTH_1601',
      message: expect.stringContaining('no answer within 100 ms') as string,
    });
    expect((await host.manager.execute('bee', { id: 1 })).name).toBe('old');
  });

  it('because its settings are wrong fails before anything is started', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    const fresh = named('new');
    await expect(manager.replace('auth', fresh, { timeoutMs: -1 })).rejects.toMatchObject({
      code: 'CONFIG_1703',
    });
    expect([fresh.starts, await manager.execute('auth', 'hello')]).toEqual([0, 'old']);
  });

  it('because one of its instances does not start ends the others again', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    const fresh = named('new');
    fresh.onStart = () => (fresh.starts === 2 ? Promise.reject(new Error('no')) : Promise.resolve());
    await expect(manager.replace('auth', fresh, { instances: 3 })).rejects.toMatchObject({
      code: 'REGISTRY_1907',
    });
    expect(fresh.channels.map(({ closedWithMs }) => closedWithMs)).toEqual([0, 0]);
    expect(manager.getPlugin('auth')?.instances).toHaveLength(1);
  });

  it('may be tried again', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    const fresh = named('new');
    fresh.failToStart();
    await expect(manager.replace('auth', fresh)).rejects.toMatchObject({ code: 'REGISTRY_1908' });
    fresh.onStart = async () => {};
    await manager.replace('auth', fresh);
    expect(await manager.execute('auth', 'hello')).toBe('new');
  });
});

it('an old one that crashes while it drains loses only what it was working on: who waited goes to the new one', async () => {
  const settings = { concurrency: { maxConcurrent: 5 } };
  await using host = await managed(bees.withPlugin('bee', bee('old'), settings).build());
  const { manager } = host;
  const pid = pidOf(manager.getPlugin('bee'));
  const calls = Array.from({ length: 50 }, (_each, id) =>
    manager.execute('bee', { id, ms: id < 5 ? null : 1 }),
  );
  const ended = Promise.all(
    calls.map(async (call) =>
      call.then(
        ({ name }) => name,
        (error: unknown) => codeOf(error),
      ),
    ),
  );
  const draining = host.next('bee', 'draining');
  const replacing = manager.replace('bee', bee('new'));
  await draining;
  process.kill(pid, 'SIGKILL');
  expect(await ended).toEqual([...Array<string>(5).fill('PLUGIN_1205'), ...Array<string>(45).fill('new')]);
  await replacing;
});

const codeOf = (error: unknown): string => (isPluginError(error) ? error.code : 'none');
