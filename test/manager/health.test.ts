import { describe, expect, it } from 'vitest';
import {
  definePlugin,
  Simple,
  type HealthReport,
  type HealthStatus,
  type Plugin,
  type Single,
} from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { Puppet } from './puppet.ts';
import { soFar } from './so-far.ts';

type Told = HealthStatus | HealthReport;

const simple = Simple<string, string>();

function feeling(health: () => Told | Promise<Told>): Plugin<Single<string, string>> {
  return definePlugin<string, string>({ name: 'feeling', version: '1.0.0', execute: (text) => text, health });
}

describe('health', () => {
  it('is what each plugin says, with when it was asked and how long that took', async () => {
    const clock = new ManualClock();
    const report = { status: 'degraded', message: 'one disk of two', metadata: { disks: 1 } } as const;
    const slow = feeling(async () => {
      clock.advance(40);
      return report;
    });
    await using host = await managed(
      simple
        .withClock(clock)
        .withPlugin('well', inProcess(feeling(() => 'healthy')))
        .withPlugin('slow', inProcess(slow))
        .build(),
    );
    clock.advance(1000);
    expect(await host.manager.health()).toMatchObject({
      status: 'degraded',
      plugins: {
        well: { status: 'healthy' },
        slow: { ...report, responseTimeMs: 40, checkedAt: expect.any(Date) as Date },
      },
    });
  });

  it('is good of a plugin that has nothing to say but answers', async () => {
    await using host = await managed(simple.withPlugin('quiet', new Puppet()).build());
    expect(await host.manager.health()).toMatchObject({
      status: 'healthy',
      plugins: { quiet: { status: 'healthy' } },
    });
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no disk')), 'no disk'],
    ['says something unknown', () => 'fine' as HealthStatus, 'the plugin reported no known health status'],
    ['says nothing known', () => ({}) as HealthReport, 'the plugin reported no known health status'],
  ])('is bad of a plugin whose health %s', async (_what, health, message) => {
    await using host = await managed(simple.withPlugin('ill', inProcess(feeling(health))).build());
    expect(await host.manager.health()).toMatchObject({
      status: 'unhealthy',
      plugins: { ill: { status: 'unhealthy', message } },
    });
  });

  it('is bad of a plugin that does not answer within 5 s, and the others are not held up by it', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const counting = feeling(() => {
      asked++;
      return 'healthy';
    });
    const stuck = feeling(() => new Promise(() => {}));
    await using host = await managed(
      simple
        .withClock(clock)
        .withPlugin('stuck', inProcess(stuck))
        .withPlugin('well', inProcess(counting))
        .build(),
    );
    const health = host.manager.health();
    expect(asked).toBe(1);
    clock.advance(4999);
    expect(await soFar(health)).toBe('waits');
    clock.advance(1);
    expect(await health).toMatchObject({
      status: 'unhealthy',
      plugins: {
        stuck: { status: 'unhealthy', message: 'no answer within 5000 ms' },
        well: { status: 'healthy' },
      },
    });
  });

  it('is unknown of a lazy plugin that nobody used, which does not start it', async () => {
    const puppet = new Puppet();
    await using host = await managed(simple.withPlugin('lazy', puppet, { start: 'lazy' }).build());
    expect(await host.manager.health()).toMatchObject({
      status: 'healthy',
      plugins: { lazy: { status: 'unknown' } },
    });
    expect(puppet.starts).toBe(0);
  });

  it('is offline, with the reason, of a plugin that is being restarted or was given up', async () => {
    const clock = new ManualClock();
    const [back, gone] = [new Puppet(), new Puppet()];
    await using host = await managed(
      simple
        .withClock(clock)
        .withPlugin('back', back)
        .withPlugin('gone', gone, { restart: { maxRestarts: 0 } })
        .build(),
    );
    await back.last.crash('it fell over.');
    await gone.last.crash('it broke.');
    expect(await host.manager.health()).toMatchObject({
      status: 'unhealthy',
      plugins: {
        back: { status: 'offline', message: 'it fell over.' },
        gone: { status: 'offline', message: 'it broke.' },
      },
    });
  });

  it('is not good of a manager that is shut down', async () => {
    const host = await managed(simple.withPlugin('well', new Puppet()).build());
    await host.manager.shutdown();
    expect(await host.manager.health()).toMatchObject({
      status: 'unhealthy',
      plugins: { well: { status: 'offline' } },
    });
  });
});
