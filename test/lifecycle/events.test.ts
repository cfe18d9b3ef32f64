import { describe, expect, it } from 'vitest';
import { PluginError, Simple, type ManagerEvents } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering, loud } from '../manager/plugins.ts';
import { noPid, Puppet } from '../manager/puppet.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';

const names = ['state', 'health', 'breaker', 'restart', 'drain'] as const;

/** Everything a plugin can tell, in one life: it fails, crashes, comes back, is drained. */
async function wholeLife(listen: (manager: { on: Listen }) => void): Promise<void> {
  const clock = new ManualClock();
  const puppet = new Puppet();
  await using host = await managed(
    Simple<string, string>()
      .withClock(clock)
      .withPlugin('auth', puppet, { circuitBreaker: { failureThreshold: 1, minRequestThreshold: 0 } })
      .build(),
  );
  listen({ on: (name, listener) => host.manager.on(name, listener) });
  puppet.answer = () => {
    throw new PluginError('PLUGIN_1203', { message: 'no' });
  };
  await soFar(host.manager.execute('auth', 'hello'));
  await puppet.last.crash();
  clock.advance(1000);
  await aTurn();
  await host.manager.drain('auth');
}

type Listen = <K extends keyof ManagerEvents>(
  name: K,
  listener: (event: ManagerEvents[K]) => void,
) => () => void;

describe('events', () => {
  it('tell a plugin’s life as typed values', async () => {
    const told: string[] = [];
    await wholeLife(({ on }) => {
      on('state', ({ plugin, instance, from, to }) =>
        told.push(`${plugin}/${instance} ${from.status} -> ${to.status}`),
      );
      on('health', ({ plugin, instance, from, to }) => told.push(`${plugin}/${instance} ${from} -> ${to}`));
      on('breaker', ({ plugin, instance, from, to }) => told.push(`${plugin}/${instance} ${from} -> ${to}`));
      on('restart', ({ plugin, instance, attempt }) => told.push(`${plugin}/${instance} start ${attempt}`));
      on('drain', ({ plugin, remaining, cancelled }) =>
        told.push(`${plugin} ${remaining} left, ${cancelled} cancelled`),
      );
    });
    expect(told).toEqual([
      'auth/0 closed -> open',
      'auth/0 ready -> restarting',
      'auth/0 healthy -> offline',
      'auth/0 restarting -> starting',
      'auth/0 start 2',
      'auth/0 open -> closed',
      'auth/0 offline -> healthy',
      'auth/0 starting -> ready',
      'auth/0 ready -> draining',
      'auth/0 healthy -> offline',
      'auth/0 draining -> stopped',
      'auth 0 left, 0 cancelled', // once: the shutdown at the end finds nothing to drain
    ]);
  });

  it('carry what goes with a state', async () => {
    const states: unknown[] = [];
    await wholeLife(({ on }) => void on('state', ({ to }) => states.push(to)));
    expect(states).toMatchObject([
      {
        status: 'restarting',
        attempt: 1,
        retryAt: new Date(Date.UTC(2030, 0, 1, 0, 0, 1)),
        error: { code: 'PLUGIN_1205' },
      },
      { status: 'starting', attempt: 2 },
      { status: 'ready', since: new Date(Date.UTC(2030, 0, 1, 0, 0, 1)), pid: noPid + 2 },
      { status: 'draining' },
      { status: 'stopped' },
    ]);
  });

  it.each(names)('of %s harm nothing when a listener throws, and reach the others', async (name) => {
    let heard = 0;
    await wholeLife(({ on }) => {
      on(name, () => {
        throw new Error('not my day');
      });
      on(name, () => void heard++);
    });
    expect(heard).toBeGreaterThan(0);
  });

  it.each(names)('of %s are heard no more after the undo, which may be said twice', async (name) => {
    let heard = 0;
    await wholeLife(({ on }) => {
      const undo = on(name, () => void heard++);
      undo();
      undo();
    });
    expect(heard).toBe(0);
  });

  it('harm nothing when an async listener rejects, and reach the others', async () => {
    let heard = 0;
    await wholeLife(({ on }) => {
      const rejects = (): Promise<void> => Promise.reject(new Error('not my day'));
      for (const name of names) {
        on(name, rejects as () => void);
        on(name, () => void heard++);
      }
    });
    expect(heard).toBeGreaterThan(10);
  });

  it.each([
    ['an event that is not there', 'stat', () => {}],
    ['no listener', 'state', undefined],
  ])('listened to with %s is CONFIG_1703', async (_what, name, listener) => {
    await using host = await managed(Simple<string, string>().build());
    const careless = host.manager as unknown as { on(name: string, listener: unknown): void };
    expect(() => careless.on(name, listener)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_1703',
        message: expect.stringContaining('state, health') as string,
      }) as Error,
    );
  });

  it('tell which settings a replacement has changed, and nothing where it changed none', async () => {
    await using host = await managed(
      Simple<string, string>().withPlugin('auth', new Puppet(), { timeoutMs: 100, retry: {} }).build(),
    );
    const heard: ManagerEvents['config'][] = [];
    host.manager.on('config', (event) => heard.push(event));
    await host.manager.replace('auth', new Puppet());
    await host.manager.replace('auth', new Puppet(), { timeoutMs: 200, retry: {} });
    await host.manager.replace('auth', new Puppet(), {
      timeoutMs: 200,
      retry: { maxRetries: 1 },
      instances: 2,
    });
    expect(heard.map(({ plugin, changed }) => [plugin, changed.toSorted()])).toEqual([
      ['auth', ['timeoutMs']],
      ['auth', ['instances', 'retry']],
    ]);
  });

  it('name the instance they are about', async () => {
    const puppet = new Puppet();
    await using host = await managed(
      Simple<string, string>().withPlugin('auth', puppet, { instances: 3 }).build(),
    );
    const heard: number[] = [];
    host.manager.on('state', ({ instance }) => heard.push(instance));
    await puppet.channels[2]?.crash();
    expect(heard).toEqual([2]);
  });

  it('of a drain name the instance that is replaced, each with its own end, and none where the plugin ends', async () => {
    const old = new Puppet();
    const letGo: (() => void)[] = [];
    old.answer = ({ request }) => new Promise((resolve) => letGo.push(() => resolve(request)));
    await using host = await managed(
      Simple<string, string>().withPlugin('auth', old, { instances: 2 }).build(),
    );
    const heard: ManagerEvents['drain'][] = [];
    host.manager.on('drain', (event) => heard.push(event));
    const calls = ['a', 'b', 'c'].map((text) => host.manager.execute('auth', text));
    await aTurn();
    const replacing = host.manager.replace('auth', new Puppet());
    await aTurn();
    for (const answer of letGo) answer();
    expect(await Promise.all(calls)).toEqual(['a', 'b', 'c']);
    await replacing;
    const of = (instance: number | undefined) => heard.filter((event) => event.instance === instance);
    expect(of(undefined)).toEqual([]);
    expect([0, 1].map((at) => of(at).map(({ remaining }) => remaining))).toEqual([
      [2, 1, 0, 0],
      [1, 0, 0],
    ]);
    expect([0, 1].map((at) => of(at).map(({ cancelled }) => cancelled))).toEqual([
      [undefined, undefined, undefined, 0],
      [undefined, undefined, 0],
    ]);
    await host.manager.drain('auth');
    expect(heard.at(-1)).toStrictEqual({ plugin: 'auth', instance: undefined, remaining: 0, cancelled: 0 });
  });

  it('are told before a call that waits for them has its answer', async () => {
    const sick = answering<string, string>(() => {
      throw new Error('sick');
    });
    await using host = await managed(
      Simple<string, string>().withPlugin('auth', inProcess(sick), { circuitBreaker: {} }).build(),
    );
    let opened = false;
    host.manager.on('breaker', () => (opened = true));
    for (let call = 0; call < 5; call++) {
      await host.manager.execute('auth', 'hello').catch(() => {});
      expect(opened).toBe(call === 4);
    }
  });

  it('may call the manager from a listener', async () => {
    const puppet = new Puppet();
    await using host = await managed(
      Simple<string, string>()
        .withPlugin('auth', puppet, { restart: { maxRestarts: 0 } })
        .withPlugin('mail', inProcess(loud))
        .build(),
    );
    const { manager } = host;
    const replaced = new Promise<void>((resolve, reject) => {
      manager.on('state', ({ plugin, to }) => {
        if (plugin !== 'auth' || to.status !== 'failed') return;
        manager.replace('auth', inProcess(loud)).then(() => resolve(), reject);
      });
    });
    await puppet.last.crash();
    await replaced;
    expect(await manager.execute('auth', 'hello')).toBe('HELLO');
  });
});
