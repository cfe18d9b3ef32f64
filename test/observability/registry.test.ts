import { describe, expect, it } from 'vitest';
import { PluginError, Simple, type PluginManager } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { metricsRegistry } from '../../observability/metrics/registry.ts';
import { answering, hanging } from '../manager/plugins.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';

const bounds = [
  0.0001,
  0.00025,
  0.0005,
  0.001,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  Infinity,
];

describe('the counters of a manager', () => {
  it('count each call once, by how it ended and how long it took', async () => {
    const clock = new ManualClock();
    const moody = answering<number, string>((ms) => {
      clock.advance(ms);
      if (ms === 30) throw new PluginError('USER_LOCKED', { message: 'locked' });
      return 'ok';
    });
    await using host = await managed(
      Simple<number, string>().withMetrics().withClock(clock).withPlugin('auth', inProcess(moody)).build(),
    );
    const { manager } = host;
    for (const ms of [1, 30, 30, 400]) await manager.execute('auth', ms).catch(() => {});
    const controller = new AbortController();
    controller.abort();
    await manager.execute('auth', 0, { signal: controller.signal }).catch(() => {});
    const counts = manager.metrics()?.plugins['auth'];
    expect(counts).toMatchObject({
      requestsTotal: 5,
      requestsSuccess: 2,
      requestsFailure: 3,
      failures: { USER_LOCKED: 2, PLUGIN_1206: 1 },
      durationSeconds: { count: 5 },
    });
    expect(counts?.durationSeconds.sum).toBeCloseTo(0.461, 9);
    expect(counts?.durationSeconds.buckets.map(({ le }) => le)).toEqual(bounds);
    expect(counts?.durationSeconds.buckets.map(({ count }) => count)).toEqual([
      1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 5, 5, 5, 5, 5, 5,
    ]);
  });

  it('count what was never answered, and nothing that was refused before it began', async () => {
    const clock = new ManualClock();
    await using host = await managed(
      Simple<string, string>().withMetrics().withClock(clock).withPlugin('auth', inProcess(hanging)).build(),
    );
    const call = host.manager.execute('auth', 'hello', { timeoutMs: 2000 });
    clock.advance(2000);
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1204' });
    await host.manager.shutdown();
    await expect(host.manager.execute('auth', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1208' });
    expect(host.manager.metrics()?.plugins['auth']).toMatchObject({
      requestsTotal: 1,
      failures: { PLUGIN_1204: 1 },
      durationSeconds: { count: 1, sum: 2 },
    });
  });

  it('begin anew for a plugin that was registered again', async () => {
    const echo = inProcess(answering<string, string>((text) => text));
    await using host = await managed(Simple<string, string>().withMetrics().withPlugin('auth', echo).build());
    const manager: PluginManager<string, string> = host.manager;
    await manager.execute('auth', 'hello');
    await manager.unregister('auth');
    expect(manager.metrics()).toMatchObject({ totals: { requestsTotal: 0 }, plugins: {} });
    expect(manager.metrics()?.plugins).toEqual({});
    await manager.register('auth', echo);
    expect(manager.metrics()?.plugins['auth']).toMatchObject({ requestsTotal: 0 });
  });

  it('are a picture of a moment, which later calls do not change', async () => {
    const echo = inProcess(answering<string, string>((text) => text));
    await using host = await managed(Simple<string, string>().withMetrics().withPlugin('auth', echo).build());
    const before = host.manager.metrics();
    await host.manager.execute('auth', 'hello');
    expect(before?.plugins['auth']?.requestsTotal).toBe(0);
  });
});

describe('the registry', () => {
  const counting = (plugin: string) => {
    const metrics = metricsRegistry();
    const { calls } = metrics.recorderFor(plugin, ['execute']).instance(0);
    return { metrics, ended: (ms: number, code?: string) => calls.ended('execute', 0, ms, code, undefined) };
  };

  it('puts a duration that is just a bound below it', () => {
    const { metrics, ended } = counting('auth');
    for (const le of bounds.slice(0, -1)) ended(le * 1000);
    ended(60_000);
    const { durationSeconds } = metrics.snapshot().plugins['auth'] ?? {};
    expect(durationSeconds?.buckets).toEqual(bounds.map((le, at) => ({ le, count: at + 1 })));
  });

  it('gives plain data, which survives as JSON', () => {
    const { metrics, ended } = counting('auth');
    for (const ms of [1, 2, 30]) ended(ms);
    const { durationSeconds } = metrics.snapshot().plugins['auth'] ?? {};
    const wanted = { count: 3, sum: 0.033, buckets: durationSeconds?.buckets };
    expect(structuredClone(durationSeconds)).toEqual(wanted);
    const collected = metrics.collect().find(({ descriptor }) => descriptor.type === 'histogram')?.points[0];
    expect(JSON.parse(JSON.stringify(collected?.histogram))).toEqual(JSON.parse(JSON.stringify(wanted)));
    ended(1);
    expect(collected?.histogram?.buckets.at(-1)?.count).toBe(3); // a picture stays as it was taken
  });

  it('estimates quantiles as Prometheus does', () => {
    const { metrics, ended } = counting('auth');
    const figures = (): unknown => metrics.snapshot().plugins['auth'];
    expect(figures()).toMatchObject({ p50Seconds: undefined, p99Seconds: undefined });
    for (let at = 0; at < 100; at++) ended(at < 90 ? 7 : 70); // in (5, 10] and in (50, 100] ms
    const { p50Seconds, p95Seconds } = metrics.snapshot().totals;
    expect(p50Seconds).toBeCloseTo(0.005 + (50 / 90) * 0.005, 9);
    expect(p95Seconds).toBeCloseTo(0.05 + (5 / 10) * 0.05, 9);
    for (let at = 0; at < 1000; at++) ended(60_000);
    expect(figures()).toMatchObject({ p99Seconds: 10 });
  });

  it('tells the rates of the last minute, whatever the clock did before', () => {
    const clock = new ManualClock();
    const metrics = metricsRegistry(clock);
    const { calls } = metrics.recorderFor('auth', ['execute']).instance(0);
    const rates = (): unknown => {
      const { requestsPerSecond, errorRate } = metrics.snapshot().totals;
      return [requestsPerSecond, errorRate];
    };
    expect(rates()).toEqual([0, 0]);
    for (let second = 0; second < 300; second++) {
      const now = clock.now();
      for (let call = 0; call < 10; call++)
        calls.ended('execute', now, now, call < 2 ? 'BUSY' : undefined, undefined);
      clock.advance(1000);
    }
    expect(rates()).toEqual([10, 0.2]);
    clock.advance(29_000);
    expect(rates()).toEqual([expect.closeTo(5.085, 2), expect.closeTo(0.2, 9)]);
    clock.advance(3_600_000);
    expect(rates()).toEqual([0, 0]);
  });

  it('takes a new exemplar for a bucket once a second', () => {
    const clock = new ManualClock();
    const metrics = metricsRegistry(clock);
    const { calls } = metrics.recorderFor('auth', ['execute']).instance(0);
    const seen = ['a', 'b', 'c', 'd'].map((digit) => {
      const traceparent = `00-${digit.repeat(32)}-${'1'.repeat(16)}-01`;
      calls.ended('execute', clock.now(), clock.now(), undefined, traceparent);
      clock.advance(600);
      const family = metrics.collect().find(({ points }) => points[0]?.exemplars !== undefined);
      return family?.points[0]?.exemplars?.[0]?.traceId[0];
    });
    expect(seen).toEqual(['a', 'a', 'c', 'c']);
  });

  it('is not misled by a time of day that is set back', () => {
    const dates = [new Date('2030-01-01T12:00:00Z'), new Date('2030-01-01T09:00:00Z')];
    const clock = new ManualClock();
    clock.date = () => dates.shift() ?? new Date('1970-01-01T00:00:00Z');
    const metrics = metricsRegistry(clock);
    const { calls } = metrics.recorderFor('auth', ['execute']).instance(0);
    for (let call = 0; call < 10; call++) {
      const startedAt = clock.now();
      clock.advance(100);
      calls.ended('execute', startedAt, clock.now(), undefined, `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
    }
    const { durationSeconds, requestsPerSecond } = metrics.snapshot().totals;
    expect(durationSeconds).toMatchObject({ count: 10, sum: expect.closeTo(1, 9) as number });
    expect(requestsPerSecond).toBe(10);
  });

  it('keeps a bounded number of codes, whatever a plugin invents', () => {
    const { metrics, ended } = counting('auth');
    for (let at = 0; at < 10_000; at++) ended(1, `CODE_${at}`);
    ended(1, 'CODE_0');
    const { failures, requestsFailure } = metrics.snapshot().plugins['auth'] ?? {};
    expect(requestsFailure).toBe(10_001);
    expect(Object.keys(failures ?? {})).toHaveLength(51);
    expect(failures).toMatchObject({ CODE_0: 2, _OTHER: 9950 });
  });

  it('keeps a bounded number of hooks, whatever it is told', () => {
    const metrics = metricsRegistry();
    const { calls } = metrics.recorderFor('auth', ['check', '__proto__']).instance(0);
    for (let at = 0; at < 1_000_000; at++) calls.ended(`hook-${at}`, 0, 1, undefined, undefined);
    calls.ended('check', 0, 1, undefined, undefined);
    const { hooks } = metrics.snapshot().plugins['auth'] ?? {};
    expect(Object.keys(hooks ?? {}).toSorted()).toEqual(['_OTHER', '__proto__', 'check']);
    expect(hooks).toMatchObject({ _OTHER: { requestsTotal: 1_000_000 }, check: { requestsTotal: 1 } });
  });

  it('keeps plugins apart whose names are those of object members', () => {
    const { metrics, ended } = counting('constructor');
    ended(1, 'toString');
    expect(metrics.snapshot().plugins['constructor']).toMatchObject({ failures: { toString: 1 } });
    metrics.forget('constructor');
    expect(metrics.snapshot().plugins).toEqual({});
  });
});
