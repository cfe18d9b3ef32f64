import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Simple, type PluginSettings, type PluginSource } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { afterEach, describe, expect, it } from 'vitest';
import { managed, type Managed } from '../support/managed.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectNoChildren, isAlive, pidOf } from '../support/processes.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { fixture } from './subjects.ts';

afterEach(expectNoChildren);

/** How a test's plugin is reached, and how often it was started. */
interface Diary extends AsyncDisposable {
  readonly source: PluginSource;
  readonly starts: () => Promise<number>;
}

/** A plugin whose starts go by a plan: `f` fails, anything else succeeds. */
async function planned(plan: string): Promise<Diary> {
  const folder = await tempFolder();
  await folder.write('diary.plan', plan);
  const diary = join(folder.path, 'diary');
  return {
    source: subprocess(process.execPath, { args: [fixture('bad/starts-sometimes.mjs'), diary] }),
    starts: async () => (await readFile(diary, 'utf8').catch(() => '')).split('\n').length - 1,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

function hosted(source: PluginSource, clock: ManualClock, settings: PluginSettings<never> = {}) {
  return managed(Simple<string, number>().withClock(clock).withPlugin('subject', source, settings).build());
}

type Host = Awaited<ReturnType<typeof hosted>>;

/** Makes the plugin exit, and gives the state that follows. */
async function crash(host: Host): Promise<{ readonly to: unknown }> {
  const moved = Promise.race([host.next('subject', 'restarting'), host.next('subject', 'failed')]);
  await expect(host.manager.execute('subject', 'exit')).rejects.toMatchObject({ code: 'PLUGIN_1205' });
  return moved;
}

/** Lets the back-off pass, and waits for the next state that stays. */
async function after(host: Host, clock: ManualClock, ms: number): Promise<string> {
  const moves = ['ready', 'restarting', 'failed'].map((next) => host.next('subject', next));
  clock.advance(ms);
  return (await Promise.race(moves)).to.status;
}

function status(
  host: Managed<{ getPlugin(name: string): { readonly state: { readonly status: string } } | undefined }>,
) {
  return host.manager.getPlugin('subject')?.state.status;
}

describe('a plugin that ends again and again', () => {
  it('is started again after 1 s, 2 s and 4 s, and then given up', async () => {
    await using plan = await planned('sffff');
    const clock = new ManualClock();
    await using host = await hosted(plan.source, clock);
    expect(await crash(host)).toMatchObject({ to: { status: 'restarting', attempt: 1 } });
    for (const [at, waitMs] of [1000, 2000, 4000].entries()) {
      expect(await plan.starts()).toBe(at + 1);
      await expect(host.manager.execute('subject', 'x')).rejects.toMatchObject({
        code: 'PLUGIN_1205',
        retryable: true,
        retryAfterMs: waitMs,
      });
      clock.advance(waitMs - 1);
      expect(status(host)).toBe('restarting');
      expect(await after(host, clock, 1)).toBe(at === 2 ? 'failed' : 'restarting');
    }
    expect(await plan.starts()).toBe(4);
    await expect(host.manager.execute('subject', 'x')).rejects.toMatchObject({
      code: 'REGISTRY_1903',
      retryable: false,
      message: expect.stringContaining('start 4 fails as planned') as string,
    });
    clock.advance(3_600_000);
    expect(await plan.starts()).toBe(4);
    expect(host.manager.getPlugin('subject')).toMatchObject({ restarts: 3, pid: undefined });
    expect(await host.manager.health()).toMatchObject({ plugins: { subject: { status: 'offline' } } });
  });

  it('waits no longer than maxDelayMs', async () => {
    await using plan = await planned('sfff');
    const clock = new ManualClock();
    const restart = { initialDelayMs: 100, multiplier: 10, maxDelayMs: 500, maxRestarts: 10 };
    await using host = await hosted(plan.source, clock, { restart });
    await crash(host);
    for (const waitMs of [100, 500, 500, 500]) {
      await expect(host.manager.execute('subject', 'x')).rejects.toMatchObject({ retryAfterMs: waitMs });
      await after(host, clock, waitMs);
    }
    expect(await host.manager.execute('subject', 'x')).toBe(5);
  });

  it('is given up at once with maxRestarts 0', async () => {
    await using plan = await planned('s');
    const clock = new ManualClock();
    await using host = await hosted(plan.source, clock, { restart: { maxRestarts: 0 } });
    expect(await crash(host)).toMatchObject({ to: { status: 'failed', error: { code: 'PLUGIN_1205' } } });
  });

  it('begins its count anew once it has run long enough', async () => {
    await using plan = await planned('sss');
    const clock = new ManualClock();
    const restart = { maxRestarts: 1, healthyAfterMs: 30_000 };
    await using host = await hosted(plan.source, clock, { restart });
    await crash(host);
    expect(await after(host, clock, 1000)).toBe('ready');
    clock.advance(30_000);
    expect(await crash(host)).toMatchObject({ to: { status: 'restarting', attempt: 1 } });
    expect(await after(host, clock, 1000)).toBe('ready');
    clock.advance(29_999);
    expect(await crash(host)).toMatchObject({ to: { status: 'failed' } });
  });

  it('is not started again after the shutdown of its manager', async () => {
    await using plan = await planned('ss');
    const clock = new ManualClock();
    await using host = await hosted(plan.source, clock);
    await crash(host);
    await host.manager.shutdown();
    clock.advance(3_600_000);
    expect(await plan.starts()).toBe(1);
    expect(clock.keepingAlive).toBe(0);
  });

  it('answers again after a restart, under another pid', async () => {
    await using plan = await planned('ss');
    const clock = new ManualClock();
    await using host = await hosted(plan.source, clock);
    const first = pidOf(host.manager.getPlugin('subject'));
    await crash(host);
    expect(isAlive(first)).toBe(false);
    expect(await after(host, clock, 1000)).toBe('ready');
    expect(await host.manager.execute('subject', 'x')).toBe(2);
    expect(host.manager.getPlugin('subject')?.pid).not.toBe(first);
    expect(host.manager.getPlugin('subject')?.restarts).toBe(1);
  });
});

describe('a lazy plugin', () => {
  it('is not started before its first call, and once for many first calls', async () => {
    await using plan = await planned('s');
    await using host = await hosted(plan.source, new ManualClock(), { start: 'lazy' });
    expect([status(host), await plan.starts()]).toEqual(['stopped', 0]);
    expect(await host.manager.health()).toMatchObject({ plugins: { subject: { status: 'unknown' } } });
    const calls = Array.from({ length: 20 }, () => host.manager.execute('subject', 'x'));
    expect(new Set(await Promise.all(calls))).toEqual(new Set([1]));
    expect(await plan.starts()).toBe(1);
  });

  it('whose start fails tells the calls that waited why, and is started again', async () => {
    await using plan = await planned('fs');
    const clock = new ManualClock();
    await using host = await hosted(plan.source, clock, { start: 'lazy' });
    const restarting = host.next('subject', 'restarting');
    const calls = Array.from({ length: 3 }, () => host.manager.execute('subject', 'x'));
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'REGISTRY_1908',
          message: expect.stringMatching(/exited with code 9 .*start 1 fails as planned/) as string,
        },
      });
    }
    await restarting;
    expect(await after(host, clock, 1000)).toBe('ready');
    expect(await host.manager.execute('subject', 'x')).toBe(2);
  });

  it('whose program is missing is given up after its restarts, and says so', async () => {
    const clock = new ManualClock();
    await using host = await hosted(subprocess('no-such-program-anywhere'), clock, {
      start: 'lazy',
      restart: { maxRestarts: 1 },
    });
    const restarting = host.next('subject', 'restarting');
    await expect(host.manager.execute('subject', 'x')).rejects.toMatchObject({ code: 'REGISTRY_1908' });
    await restarting;
    expect(await after(host, clock, 1000)).toBe('failed');
    await expect(host.manager.execute('subject', 'x')).rejects.toMatchObject({ code: 'REGISTRY_1903' });
  });

  it('that crashes in its first call fails that call, retryable', async () => {
    await using plan = await planned('s');
    await using host = await hosted(plan.source, new ManualClock(), { start: 'lazy' });
    await expect(host.manager.execute('subject', 'exit')).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      retryable: true,
    });
  });
});
