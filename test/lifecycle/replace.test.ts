import { describe, expect, it } from 'vitest';
import { PluginError, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering, waiting } from '../manager/plugins.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import type { Puppet } from '../manager/puppet.ts';
import { managed } from '../support/managed.ts';
import { bee, bees } from './bees.ts';
import { hostOf, named } from './named-host.ts';

describe('replace', () => {
  it('starts the new one first; until it is ready the old one answers', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    const fresh = named('new');
    let started = (): void => {};
    fresh.onStart = () => new Promise((resolve) => (started = resolve));
    const replacing = manager.replace('auth', fresh);
    await aTurn();
    expect([fresh.starts, await manager.execute('auth', 'hello')]).toEqual([1, 'old']);
    started();
    expect(await replacing).toEqual({ cancelled: 0, durationMs: 0 });
    expect(await manager.execute('auth', 'hello')).toBe('new');
  });

  it('lets no call go to the new one before it says that it is healthy', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    const fresh = named('new');
    let isWell = (): void => {};
    const wellLater = new Promise<{ status: 'healthy' }>(
      (resolve) => (isWell = () => resolve({ status: 'healthy' })),
    );
    const open = fresh.open.bind(fresh);
    fresh.open = async (setup) => Object.assign(await open(setup), { health: () => wellLater });
    const replacing = manager.replace('auth', fresh);
    await aTurn();
    expect([fresh.channels.length, await manager.execute('auth', 'hello')]).toEqual([1, 'old']);
    isWell();
    await replacing;
    expect(await manager.execute('auth', 'hello')).toBe('new');
  });

  it('lets running calls of the old one end there', async () => {
    const { plugin, letGo } = waiting();
    await using host = await managed(Simple<string, string>().withPlugin('auth', inProcess(plugin)).build());
    const running = host.manager.execute('auth', 'from the old one');
    const replacing = host.manager.replace('auth', named('new'));
    await aTurn();
    expect(await host.manager.execute('auth', 'hello')).toBe('new');
    expect(await soFar(replacing)).toBe('waits');
    letGo();
    expect(await running).toBe('from the old one');
    await replacing;
  });

  it('cancels at drainTimeoutMs what the old one still has, and counts it', async () => {
    const old = named('old');
    old.answer = () => new Promise(() => {});
    const { clock, host, manager } = await hostOf(old, { drainTimeoutMs: 400, timeoutMs: 90_000 });
    await using _ = host;
    const running = manager.execute('auth', 'hello');
    running.catch(() => {});
    const replacing = manager.replace('auth', named('new'));
    await aTurn();
    clock.advance(400);
    await expect(running).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    expect(await replacing).toEqual({ cancelled: 1, durationMs: 400 });
    expect(await manager.execute('auth', 'hello')).toBe('new');
  });

  it('stops the old one when its calls have ended', async () => {
    const old = named('old');
    const { host, manager } = await hostOf(old);
    await using _ = host;
    await manager.replace('auth', named('new'));
    expect(old.last.closedWithMs).toBe(5000);
  });

  it('keeps the counts: they are the plugin’s, not the process’s', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    await manager.execute('auth', 'hello');
    await manager.replace('auth', named('new'));
    await manager.execute('auth', 'hello');
    expect(manager.getPlugin('auth')?.calls).toEqual({ started: 2, succeeded: 2, failed: 0, active: 0 });
    expect(manager.metrics()?.plugins['auth']?.requestsTotal).toBe(2);
  });

  it('keeps the settings unless it is given others', async () => {
    const hangs = (): Puppet => {
      const puppet = named('');
      puppet.answer = () => new Promise(() => {});
      return puppet;
    };
    const { clock, host, manager } = await hostOf(named('old'), { timeoutMs: 70 });
    await using _ = host;
    const endsAfter = async (ms: number): Promise<void> => {
      const call = manager.execute('auth', 'hello');
      call.catch(() => {});
      clock.advance(ms - 1);
      expect(await soFar(call)).toBe('waits');
      clock.advance(1);
      expect(await soFar(call)).toBe('PLUGIN_1204');
    };
    await manager.replace('auth', hangs());
    await endsAfter(70);
    await manager.replace('auth', hangs(), { timeoutMs: 500 });
    await endsAfter(500);
  });

  it('changes how many instances there are', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    const three = named('new');
    await manager.replace('auth', three, { instances: 3 });
    expect([three.starts, manager.getPlugin('auth')?.instances.length]).toEqual([3, 3]);
    await manager.replace('auth', named('newest'), { instances: 1 });
    expect(three.channels.map(({ closedWithMs }) => closedWithMs)).toEqual([5000, 5000, 5000]);
  });

  it('does not hand out a full bucket of tokens again', async () => {
    const { host, manager } = await hostOf(named('old'), { rateLimit: { burstSize: 2 } });
    await using _ = host;
    await manager.execute('auth', 'hello');
    await manager.replace('auth', named('new'));
    expect(await manager.execute('auth', 'hello')).toBe('new');
    await expect(manager.execute('auth', 'hello')).rejects.toMatchObject({ code: 'RATELIMIT_1501' });
  });

  it('takes a call between two attempts to the new one', async () => {
    const old = named('old');
    old.answer = () => {
      throw new PluginError('PLUGIN_1212', { message: 'busy' });
    };
    const { clock, host, manager } = await hostOf(old, { retry: { jitter: 0 } });
    await using _ = host;
    const call = manager.execute('auth', 'hello');
    const replacing = manager.replace('auth', named('new'));
    await aTurn();
    clock.advance(100);
    expect(await call).toBe('new');
    expect((await replacing).cancelled).toBe(0);
  });

  it('starts a lazy plugin that was never used', async () => {
    const { host, manager } = await hostOf(named('old'), { start: 'lazy' });
    await using _ = host;
    const fresh = named('new');
    await manager.replace('auth', fresh);
    expect([fresh.starts, await manager.execute('auth', 'hello')]).toEqual([1, 'new']);
  });

  it('brings back a plugin that was given up', async () => {
    const old = named('old');
    const { host, manager } = await hostOf(old, { restart: { maxRestarts: 0 } });
    await using _ = host;
    await old.last.crash();
    expect(manager.getPlugin('auth')?.state.status).toBe('failed');
    await manager.replace('auth', named('new'));
    expect(await manager.execute('auth', 'hello')).toBe('new');
  });

  it('stands in for one that waits for its restart, which does not come then', async () => {
    const old = named('old');
    const { clock, host, manager } = await hostOf(old);
    await using _ = host;
    await old.last.crash();
    await manager.replace('auth', named('new'));
    clock.advance(60_000);
    await aTurn();
    expect([old.starts, await manager.execute('auth', 'hello')]).toEqual([1, 'new']);
  });

  it('brings back a drained plugin', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    await manager.drain('auth');
    await manager.replace('auth', named('new'));
    expect(await manager.execute('auth', 'hello')).toBe('new');
    expect(manager.getPlugin('auth')?.state.status).toBe('ready');
    await manager.drain('auth');
    await expect(manager.execute('auth', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1207' });
  });

  it('twice at once ends with the last one', async () => {
    const { host, manager } = await hostOf(named('first'));
    await using _ = host;
    const [second, third] = [named('second'), named('third')];
    await Promise.all([manager.replace('auth', second), manager.replace('auth', third)]);
    expect(await manager.execute('auth', 'hello')).toBe('third');
    expect([second.last.closedWithMs, third.last.closedWithMs]).toEqual([5000, undefined]);
  });

  it('and drain at once: the drain that comes after it refuses every call of the new one', async () => {
    const { host, manager } = await hostOf(named('old'));
    await using _ = host;
    const fresh = named('new');
    let started = (): void => {};
    fresh.onStart = () => new Promise((resolve) => (started = resolve));
    const replacing = manager.replace('auth', fresh);
    await aTurn();
    const draining = manager.drain('auth');
    await expect(manager.execute('auth', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1207' });
    started();
    await Promise.all([replacing, draining]);
    await expect(manager.execute('auth', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1207' });
    expect(manager.getPlugin('auth')?.state.status).toBe('stopped');
  });
});

it('replacing what is not there is PLUGIN_1201', async () => {
  await using host = await managed(Simple<string, string>().withPlugin('auth', named('old')).build());
  const manager = host.manager as unknown as { replace(name: string, source: Puppet): Promise<unknown> };
  await expect(manager.replace('mail', named('new'))).rejects.toMatchObject({ code: 'PLUGIN_1201' });
});

it('a plugin that hosts replace with something that answers at once may be anything', async () => {
  await using host = await managed(bees.withPlugin('bee', bee('child')).build());
  const near = answering<{ id: number }, { id: number; name: string; pid: number }>(({ id }) => ({
    id,
    name: 'near',
    pid: 0,
  }));
  await host.manager.replace('bee', inProcess(near));
  expect(await host.manager.execute('bee', { id: 4 })).toEqual({ id: 4, name: 'near', pid: 0 });
  expect(host.manager.getPlugin('bee')).toMatchObject({ kind: 'in-process', pid: undefined });
});
