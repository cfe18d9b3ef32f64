import { describe, expect, it } from 'vitest';
import {
  Simple,
  type HealthChange,
  type HealthCheckSettings,
  type HealthReport,
  type PluginSettings,
} from 'plugboard';
import { Puppet } from '../manager/puppet.ts';
import { aTurn } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { endOnClock } from './on-manual-clock.ts';

type Answer = () => Promise<HealthReport>;

const well: Answer = async () => ({ status: 'healthy' });
const ill: Answer = async () => ({ status: 'unhealthy', message: 'no disk' });
const silent: Answer = () => new Promise(() => {});

/** A plugin that is asked how it is, and answers as the test says. */
async function watched(healthCheck: HealthCheckSettings = {}, settings: PluginSettings<never> = {}) {
  const clock = new ManualClock();
  const puppet = new Puppet();
  const asked: number[] = [];
  const changes: string[] = [];
  const { manager, ...running } = await managed(
    Simple<string, string>()
      .withClock(clock)
      .withPlugin('auth', puppet, { ...settings, healthCheck })
      .build(),
  );
  manager.on('health', ({ from, to }: HealthChange) => changes.push(`${from} -> ${to}`));
  const host = { manager, [Symbol.asyncDispose]: () => endOnClock(running, clock) };
  const answers = (answer: Answer): void => {
    for (const channel of puppet.channels) {
      channel.health = () => {
        asked.push(clock.now());
        return answer() as ReturnType<typeof channel.health>;
      };
    }
  };
  answers(well);
  const status = (): string | undefined => manager.getPlugin('auth')?.instances[0]?.health;
  /** Lets time pass second by second, so that what is started on the way is seen. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1000) {
      clock.advance(1000);
      await aTurn();
    }
  };
  return { clock, puppet, host, asked, changes, answers, status, pass };
}

describe('a plugin with health checks', () => {
  it('is asked every 30 s, and is healthy from its start on', async () => {
    const { host, asked, status, pass } = await watched();
    await using _ = host;
    expect(status()).toBe('healthy');
    await pass(95_000);
    expect(asked).toEqual([30_000, 60_000, 90_000]);
  });

  it('is asked by one timer, which does not keep the process alive', async () => {
    const { clock, host, pass } = await watched();
    await using _ = host;
    await pass(95_000);
    expect(clock.keepingAlive).toBe(0);
    expect(clock.timersMs.filter((ms) => ms === 25_000)).toHaveLength(1);
  });

  it('is not asked again before it has answered or its time is over', async () => {
    const { host, asked, answers, pass } = await watched({
      intervalMs: 10_000,
      timeoutMs: 7000,
      failureLimit: 9,
    });
    await using _ = host;
    answers(silent);
    await pass(60_000);
    expect(asked).toEqual([10_000, 27_000, 44_000]);
  });

  it('is unhealthy when it does not answer within 5 s', async () => {
    const { host, changes, answers, status, pass } = await watched();
    await using _ = host;
    answers(silent);
    await pass(34_000);
    expect(status()).toBe('healthy');
    await pass(1000);
    expect([status(), changes]).toEqual(['unhealthy', ['healthy -> unhealthy']]);
  });

  it('is healthy again with its next good answer', async () => {
    const { host, changes, answers, pass } = await watched();
    await using _ = host;
    answers(ill);
    await pass(60_000);
    answers(well);
    await pass(30_000);
    answers(ill);
    await pass(60_000);
    expect(changes).toEqual(['healthy -> unhealthy', 'unhealthy -> healthy', 'healthy -> unhealthy']);
  });

  it('may be degraded for ever: that is no failure', async () => {
    const { host, puppet, changes, answers, pass } = await watched();
    await using _ = host;
    answers(async () => ({ status: 'degraded', message: 'one disk of two' }));
    await pass(300_000);
    expect([changes, puppet.starts]).toEqual([['healthy -> degraded'], 1]);
  });

  it.each<[string, Answer, number]>([
    ['is unhealthy', ill, 90_000],
    ['says that it is offline', async () => ({ status: 'offline' }), 90_000],
    ['throws', () => Promise.reject(new Error('no disk')), 90_000],
    ['does not answer', silent, 105_000], // each check takes its 5 s
  ])(
    'is offline, ended and started again, when it %s three times in a row',
    async (_what, answer, offlineMs) => {
      const { host, puppet, answers, status, pass } = await watched();
      await using _ = host;
      answers(answer);
      await pass(offlineMs - 1000);
      expect([puppet.starts, host.manager.getPlugin('auth')?.state.status]).toEqual([1, 'ready']);
      await pass(1000);
      expect([status(), host.manager.getPlugin('auth')?.state.status]).toEqual(['offline', 'restarting']);
      await pass(1000);
      expect(puppet.starts).toBe(2);
      expect(status()).toBe('healthy');
      expect(host.manager.getPlugin('auth')?.restarts).toBe(1);
    },
  );

  it('fails its calls fast while it is offline', async () => {
    const { clock, host, answers, changes, status } = await watched({
      intervalMs: 1000,
      timeoutMs: 1000,
      failureLimit: 1,
    });
    await using _ = host;
    answers(ill);
    clock.advance(1000);
    await aTurn();
    expect([status(), changes]).toEqual(['offline', ['healthy -> offline']]);
    await expect(host.manager.execute('auth', 'hello')).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      retryable: true,
      retryAfterMs: 1000,
      message: expect.stringContaining('it was unhealthy 1 times in a row (no disk)') as string,
    });
  });

  it('is not watched while it does not run, and is again when it does', async () => {
    const { host, puppet, asked, answers, pass } = await watched(
      { intervalMs: 10_000 },
      { restart: { initialDelayMs: 60_000, maxDelayMs: 60_000 } },
    );
    await using _ = host;
    await puppet.last.crash();
    await pass(59_000);
    expect(asked).toEqual([]);
    await pass(1000);
    answers(well);
    await pass(20_000);
    expect(asked).toEqual([70_000, 80_000]);
  });

  it('says nothing new to a listener while nothing is new', async () => {
    const { host, changes, pass } = await watched();
    await using _ = host;
    await pass(300_000);
    expect(changes).toEqual([]);
  });

  it('tells which plugin, which instance and why', async () => {
    const { host, answers, pass } = await watched();
    await using _ = host;
    const heard: HealthChange[] = [];
    host.manager.on('health', (change) => heard.push(change));
    answers(ill);
    await pass(30_000);
    expect(heard).toEqual([
      { plugin: 'auth', instance: 0, from: 'healthy', to: 'unhealthy', message: 'no disk' },
    ]);
  });

  it('goes from healthy to offline when it is drained, in one step', async () => {
    const { host, changes } = await watched();
    await using _ = host;
    await host.manager.drain('auth');
    expect(changes).toEqual(['healthy -> offline']);
  });

  it('is judged by its checks alone: asking manager.health() often brings it no closer to a restart', async () => {
    const { host, puppet, answers, pass } = await watched();
    await using _ = host;
    answers(ill);
    for (let ask = 0; ask < 10; ask++) await host.manager.health();
    await pass(31_000);
    expect([puppet.starts, host.manager.getPlugin('auth')?.restarts]).toEqual([1, 0]);
  });
});

it('a lazy plugin is unknown, not offline, until it is used; then it is watched', async () => {
  const { host, puppet, asked, answers, status, pass } = await watched({}, { start: 'lazy' });
  await using _ = host;
  await pass(100_000);
  expect([status(), puppet.starts]).toEqual(['unknown', 0]);
  expect((await host.manager.health()).status).toBe('healthy');
  await host.manager.execute('auth', 'hello');
  answers(well);
  await pass(30_000);
  expect([status(), asked]).toEqual(['healthy', [130_000]]);
});

it('a lazy plugin that cannot be started is offline', async () => {
  const { host, puppet, status, changes } = await watched({}, { start: 'lazy' });
  await using _ = host;
  puppet.failToStart();
  await host.manager.execute('auth', 'hello').catch(() => {});
  expect([status(), changes]).toEqual(['offline', ['unknown -> offline']]);
});

it('each instance is watched by itself, and the plugin is degraded while one of them is ill', async () => {
  const { host, puppet, pass } = await watched({}, { instances: 2 });
  await using _ = host;
  const [first] = puppet.channels;
  if (first === undefined) throw new Error('two were started');
  first.health = ill as unknown as typeof first.health;
  await pass(30_000);
  expect(host.manager.getPlugin('auth')?.instances.map(({ health }) => health)).toEqual([
    'unhealthy',
    'healthy',
  ]);
  expect(await host.manager.health()).toMatchObject({
    status: 'degraded',
    plugins: { auth: { status: 'degraded', message: '1 of 2 instances: no disk' } },
  });
});

it('nothing is asked after shutdown', async () => {
  const { clock, host, asked } = await watched();
  await host.manager.shutdown();
  clock.advance(300_000);
  await aTurn();
  expect([asked, clock.timersMs]).toEqual([[], []]);
});
