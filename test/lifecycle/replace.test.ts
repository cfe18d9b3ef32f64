import { describe, expect, it } from 'vitest';
import { PluginError, Simple, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering, waiting } from '../manager/plugins.ts';
import { Puppet } from '../manager/puppet.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { isAlive } from '../support/processes.ts';
import { bee, bees } from './bees.ts';

/** A plugin that answers with a name. */
function named(name: string): Puppet {
  const puppet = new Puppet();
  puppet.answer = () => name;
  return puppet;
}

async function hostOf(source: Puppet, settings: PluginSettings<never> = {}) {
  const clock = new ManualClock();
  const host = await managed(
    Simple<string, string>().withClock(clock).withMetrics().withPlugin('auth', source, settings).build(),
  );
  return { clock, host, manager: host.manager };
}

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
