import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Simple, type PluginSettings, type PluginState, type StateChange } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { expectNoChildren, isAlive, pidOf } from '../support/processes.ts';
import { noPid, Puppet } from './puppet.ts';
import { aTurn, soFar } from './so-far.ts';

afterEach(expectNoChildren);

/** A host with one plugin on strings, and every state it was in. */
async function puppetHost(settings: PluginSettings<never> = {}) {
  const clock = new ManualClock();
  const log = new MemoryLogger();
  const puppet = new Puppet();
  const states: PluginState[] = [];
  const host = await managed(Simple<string, string>().withClock(clock).withLogger(log).build());
  const { manager } = host;
  manager.on('state', ({ to }: StateChange) => states.push(to));
  const withAuth = await manager.register('auth', puppet, settings);
  return {
    clock,
    log,
    puppet,
    states,
    host,
    manager: withAuth,
    statuses: () => states.map(({ status }) => status),
  };
}

/** Lets time pass, and then what comes of it. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  clock.advance(ms);
  await aTurn();
}

describe('a plugin that starts', () => {
  it('is starting, then ready, with its process and since when', async () => {
    const { states, host, manager } = await puppetHost();
    await using _ = host;
    const since = new Date(Date.UTC(2030, 0, 1));
    expect(states).toMatchObject([
      { status: 'starting', attempt: 1 },
      { status: 'ready', pid: noPid + 1, since },
    ]);
    expect(manager.getPlugin('auth')).toMatchObject({
      state: { status: 'ready', since },
      pid: noPid + 1,
      restarts: 0,
    });
  });

  it('lets calls wait for it, and starts once for all of them when it is lazy', async () => {
    const { puppet, host, manager, statuses } = await puppetHost({ start: 'lazy' });
    await using _ = host;
    let started = (): void => {};
    puppet.onStart = () => new Promise((resolve) => (started = resolve));
    const calls = ['one', 'two', 'three'].map((text) => manager.execute('auth', text));
    expect(await Promise.all(calls.map(soFar))).toEqual(['waits', 'waits', 'waits']);
    started();
    expect(await Promise.all(calls)).toEqual(['one', 'two', 'three']);
    expect([puppet.starts, statuses()]).toEqual([1, ['starting', 'ready']]);
  });

  it('fails the calls that waited with the reason, when it is lazy and cannot start', async () => {
    const { puppet, host, manager, statuses } = await puppetHost({ start: 'lazy' });
    await using _ = host;
    puppet.failToStart('there is no such program');
    const calls = [manager.execute('auth', 'one'), manager.execute('auth', 'two')];
    for (const call of calls) {
      await expect(call).rejects.toThrow("[REGISTRY_1908] plugin 'auth': there is no such program");
    }
    expect([puppet.starts, statuses()]).toEqual([1, ['starting', 'restarting']]);
  });
});

describe('a plugin that ends unexpectedly', () => {
  it('is restarting at once, then starting, then ready again', async () => {
    const { clock, puppet, states, host, manager } = await puppetHost();
    await using _ = host;
    states.length = 0;
    await puppet.last.crash('it fell over.');
    expect(states).toMatchObject([
      {
        status: 'restarting',
        attempt: 1,
        retryAt: new Date(Date.UTC(2030, 0, 1, 0, 0, 1)),
        error: { code: 'PLUGIN_1205', rawMessage: 'it fell over.' },
      },
    ]);
    await pass(clock, 999);
    expect(puppet.starts).toBe(1);
    await pass(clock, 1);
    expect(states.slice(1)).toMatchObject([
      { status: 'starting', attempt: 2 },
      { status: 'ready', pid: noPid + 2 },
    ]);
    expect(manager.getPlugin('auth')).toMatchObject({ restarts: 1, pid: noPid + 2 });
    expect(await manager.execute('auth', 'hello')).toBe('hello');
  });

  it('refuses calls meanwhile with a retryable error that says when to come back', async () => {
    const { clock, puppet, host, manager } = await puppetHost();
    await using _ = host;
    await puppet.last.crash('it fell over.');
    clock.advance(400);
    await expect(manager.execute('auth', 'hello')).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      retryable: true,
      retryAfterMs: 600,
      cause: { rawMessage: 'it fell over.' },
      message: expect.stringContaining('starts again in 600 ms') as string,
    });
  });

  it('is looked after with growing waits, the longest of 30 s', async () => {
    const { clock, puppet, states, host } = await puppetHost({ restart: { maxRestarts: 8 } });
    await using _ = host;
    puppet.failToStart();
    await puppet.last.crash();
    const waits: number[] = [];
    for (let state = states.at(-1); state?.status === 'restarting'; state = states.at(-1)) {
      const waitMs = state.retryAt.getTime() - clock.date().getTime();
      waits.push(waitMs);
      await pass(clock, waitMs);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(states.at(-1)).toMatchObject({ status: 'failed', error: { code: 'REGISTRY_1908' } });
  });

  it('is given up after three restarts, for good', async () => {
    const { clock, puppet, host, manager, statuses } = await puppetHost();
    await using _ = host;
    puppet.failToStart('there is no such program');
    await puppet.last.crash();
    for (const waitMs of [1000, 2000, 4000]) await pass(clock, waitMs);
    expect([puppet.starts, statuses().at(-1)]).toEqual([4, 'failed']);
    puppet.onStart = async () => {};
    await pass(clock, 3_600_000);
    expect(puppet.starts).toBe(4);
    await expect(manager.execute('auth', 'hello')).rejects.toMatchObject({
      code: 'REGISTRY_1903',
      retryable: false,
      message:
        "[REGISTRY_1903] plugin 'auth': it was given up after 3 restarts. " +
        'Mend it, then replace or reconfigure it, or unregister and register it again. It ended because: there is no such program',
    });
  });

  it('is given up at once with maxRestarts 0', async () => {
    const { puppet, host, statuses } = await puppetHost({ restart: { maxRestarts: 0 } });
    await using _ = host;
    await puppet.last.crash();
    expect(statuses()).toEqual(['starting', 'ready', 'failed']);
  });

  it('begins a new count when it has run for healthyAfterMs, and not before', async () => {
    const restart = { maxRestarts: 1, initialDelayMs: 10, healthyAfterMs: 5000 };
    for (const [ranMs, status] of [
      [4999, 'failed'],
      [5000, 'restarting'],
    ] as const) {
      const { clock, puppet, host, statuses } = await puppetHost({ restart });
      await using _ = host;
      await puppet.last.crash();
      await pass(clock, 10);
      await pass(clock, ranMs);
      await puppet.last.crash();
      expect([ranMs, statuses().at(-1)]).toEqual([ranMs, status]);
    }
  });

  it('can be replaced after it was given up', async () => {
    const { puppet, host, manager } = await puppetHost({ restart: { maxRestarts: 0 } });
    await using _ = host;
    await puppet.last.crash();
    await manager.unregister('auth');
    await host.manager.register('auth', puppet);
    expect(await manager.execute('auth', 'hello')).toBe('hello');
  });

  it('says each move in the log, with the plugin and the reason', async () => {
    const { clock, puppet, log, host } = await puppetHost({
      restart: { maxRestarts: 1, initialDelayMs: 10 },
    });
    await using _ = host;
    await puppet.last.crash('it fell over.');
    await pass(clock, 10);
    await puppet.last.crash('it fell again.');
    expect(log.records.slice(0, 4)).toMatchObject([
      { level: 'info', message: 'plugin is ready', fields: { plugin: 'auth', pid: noPid + 1 } },
      {
        level: 'warn',
        message: 'plugin ended unexpectedly and is started again',
        fields: {
          plugin: 'auth',
          attempt: 1,
          retryAt: '2030-01-01T00:00:00.010Z',
          error: expect.stringContaining('it fell over.') as string,
        },
      },
      { level: 'info', message: 'plugin is ready', fields: { plugin: 'auth', pid: noPid + 2 } },
      {
        level: 'error',
        message: 'plugin was given up',
        fields: { plugin: 'auth', error: expect.stringContaining('it fell again.') as string },
      },
    ]);
  });
});

describe('a plugin that ends by its own will', () => {
  it('is stopped, and the next call starts it again', async () => {
    const { puppet, host, manager, statuses } = await puppetHost();
    await using _ = host;
    await puppet.last.leave();
    expect(statuses()).toEqual(['starting', 'ready', 'stopped']);
    expect(await manager.execute('auth', 'hello')).toBe('hello');
    expect([puppet.starts, manager.getPlugin('auth')?.restarts]).toEqual([2, 0]);
  });
});

describe('a child that is killed', () => {
  it('is started again under another pid; its running call fails as PLUGIN_1205, retryable', async () => {
    const echo = fileURLToPath(new URL('programs/echo.mjs', import.meta.url));
    const source = subprocess(process.execPath, { args: [echo] });
    await using host = await managed(
      Simple<string, string>()
        .withPlugin('echo', source, { restart: { initialDelayMs: 1 } })
        .build(),
    );
    const { manager } = host;
    const before = pidOf(manager.getPlugin('echo'));
    expect(isAlive(before)).toBe(true);
    const back = host.next('echo', 'ready');
    const call = manager.execute('echo', 'end yourself');
    await expect(call).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      retryable: true,
      context: { exitCode: 3, pid: before },
    });
    await back;
    expect(await manager.execute('echo', 'hello')).toBe('hello');
    expect(manager.getPlugin('echo')?.pid).not.toBe(before);
    expect(host.moves).toEqual(['echo: restarting', 'echo: starting', 'echo: ready']);
  });
});
