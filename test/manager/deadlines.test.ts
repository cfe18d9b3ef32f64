import { describe, expect, it } from 'vitest';
import { Simple, type PluginError } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { answering, hanging, loud, waiting } from './plugins.ts';
import { Puppet } from './puppet.ts';
import { aTurn, soFar } from './so-far.ts';

const simple = Simple<string, string>();

describe('a deadline', () => {
  it('ends a call with PLUGIN_1204, at its time and not before', async () => {
    const clock = new ManualClock();
    await using host = await managed(simple.withClock(clock).withPlugin('auth', inProcess(hanging)).build());
    const call = host.manager.execute('auth', 'hello', { timeoutMs: 250 });
    clock.advance(249);
    expect(await soFar(call)).toBe('waits');
    clock.advance(1);
    await expect(call).rejects.toMatchObject({
      code: 'PLUGIN_1204',
      retryable: false,
      message:
        "[PLUGIN_1204] plugin 'auth': no answer within 250 ms. Raise timeoutMs, or look at why the plugin is slow.",
    });
  });

  it("is the call's, else the plugin's, else the manager's", async () => {
    const clock = new ManualClock();
    await using host = await managed(
      simple
        .withTimeout(3000)
        .withClock(clock)
        .withPlugin('own', inProcess(hanging), { timeoutMs: 2000 })
        .withPlugin('none', inProcess(hanging))
        .build(),
    );
    const { manager } = host;
    const calls = [
      manager.execute('own', 'hello', { timeoutMs: 1000 }),
      manager.execute('own', 'hello'),
      manager.execute('own', 'hello', { timeoutMs: 0 }),
      manager.execute('none', 'hello'),
    ];
    const outcomes = async (): Promise<string[]> => Promise.all(calls.map(soFar));
    clock.advance(1000);
    expect(await outcomes()).toEqual(['PLUGIN_1204', 'waits', 'waits', 'waits']);
    clock.advance(1000);
    expect(await outcomes()).toEqual(['PLUGIN_1204', 'PLUGIN_1204', 'PLUGIN_1204', 'waits']);
    clock.advance(1000);
    expect(await outcomes()).toEqual(['PLUGIN_1204', 'PLUGIN_1204', 'PLUGIN_1204', 'PLUGIN_1204']);
  });

  it('is kept to 1.6 % and never early by each of a thousand calls with times of their own', async () => {
    const clock = new ManualClock();
    await using host = await managed(simple.withClock(clock).withPlugin('auth', inProcess(hanging)).build());
    const times = Array.from({ length: 1000 }, (_, at) => 1 + ((at * 7919) % 500));
    const endedAt = times.map(async (timeoutMs) => {
      await host.manager.execute('auth', 'hello', { timeoutMs }).catch(() => {});
      return clock.now();
    });
    for (let ms = 0; ms < 510; ms++) {
      clock.advance(1);
      await aTurn();
    }
    const late = (await Promise.all(endedAt)).map((at, index) => at / (times[index] ?? NaN) - 1);
    expect(Math.min(...late)).toBe(0);
    expect(Math.max(...late)).toBeLessThan(0.016);
  });

  it('of a short call is kept though a long one came first, and the other way round', async () => {
    const clock = new ManualClock();
    await using host = await managed(simple.withClock(clock).withPlugin('auth', inProcess(hanging)).build());
    const calls = [900, 50, 400, 50].map((timeoutMs) => host.manager.execute('auth', 'hello', { timeoutMs }));
    clock.advance(50);
    expect(await Promise.all(calls.map(soFar))).toEqual(['waits', 'PLUGIN_1204', 'waits', 'PLUGIN_1204']);
    clock.advance(850);
    expect(await Promise.all(calls.map(soFar))).toEqual(Array(4).fill('PLUGIN_1204'));
  });

  it('does not come for a call that was answered', async () => {
    const clock = new ManualClock();
    await using host = await managed(simple.withClock(clock).withPlugin('auth', inProcess(loud)).build());
    expect(await host.manager.execute('auth', 'hello', { timeoutMs: 10 })).toBe('HELLO');
    clock.advance(60_000);
    expect(host.manager.getPlugin('auth')?.calls).toEqual({ started: 1, succeeded: 1, failed: 0, active: 0 });
  });

  it('drops the late answer', async () => {
    const clock = new ManualClock();
    const { plugin, letGo } = waiting();
    await using host = await managed(simple.withClock(clock).withPlugin('auth', inProcess(plugin)).build());
    const late = host.manager.execute('auth', 'late', { timeoutMs: 10 });
    const good = host.manager.execute('auth', 'good');
    clock.advance(10);
    letGo();
    letGo();
    await expect(late).rejects.toMatchObject({ code: 'PLUGIN_1204' });
    expect(await good).toBe('good');
    expect(host.manager.getPlugin('auth')?.calls).toEqual({ started: 2, succeeded: 1, failed: 1, active: 0 });
  });

  it('takes in the start of a lazy plugin', async () => {
    const clock = new ManualClock();
    const puppet = new Puppet();
    let started = (): void => {};
    puppet.onStart = () => new Promise((resolve) => (started = resolve));
    await using host = await managed(
      simple.withClock(clock).withPlugin('lazy', puppet, { start: 'lazy' }).build(),
    );
    const call = host.manager.execute('lazy', 'hello', { timeoutMs: 100 });
    clock.advance(100);
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1204' });
    started();
    await aTurn();
    expect(await host.manager.execute('lazy', 'again')).toBe('again');
  });

  it("aborts the plugin's signal with the reason, and the plugin sees its time run out before", async () => {
    const clock = new ManualClock();
    const seen: unknown[] = [];
    const watching = answering<string, string>((_, context) => {
      seen.push(context.remainingMs);
      clock.advance(30);
      seen.push(context.remainingMs);
      context.signal.addEventListener('abort', () =>
        seen.push((context.signal.reason as PluginError).code, context.remainingMs),
      );
      return new Promise(() => {});
    });
    await using host = await managed(simple.withClock(clock).withPlugin('auth', inProcess(watching)).build());
    const call = host.manager.execute('auth', 'hello', { timeoutMs: 100 });
    clock.advance(70);
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1204' });
    expect(seen).toEqual([100, 70, 'PLUGIN_1204', 0]);
  });

  it('is not there without an end of time, and the call is counted all the same', async () => {
    const clock = new ManualClock();
    const { plugin, letGo } = waiting();
    await using host = await managed(
      simple
        .withTimeout(Infinity)
        .withMetrics()
        .withClock(clock)
        .withPlugin('auth', inProcess(plugin))
        .build(),
    );
    const call = host.manager.execute('auth', 'hello');
    clock.advance(2000);
    letGo();
    expect(await call).toBe('hello');
    expect(host.manager.metrics()?.plugins['auth']?.durationSeconds).toMatchObject({ count: 1, sum: 2 });
  });
});
