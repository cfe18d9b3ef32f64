import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { Simple, type MetricFamily } from 'plugboard';
import { metricProducer, otlpExporter, type OtlpOptions } from 'plugboard/observability';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { grpcReceiver } from '../support/grpc-receiver.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { metricsIn, type ReceivedMetric } from '../support/otlp-metrics.ts';
import { otlpReceiver, type Post } from '../support/otlp-receiver.ts';

const plugin = answering<string, string>((text) => {
  if (text === 'fail') throw new Error('no');
  return text;
});

/** A clock whose time of day can be set. */
class SettableClock extends ManualClock {
  setByMs = 0;

  override date(): Date {
    return new Date(super.date().getTime() + this.setByMs);
  }
}

/** A host on a clock of the test's that counts, and sends what it counts every second. */
async function countingHost(options: OtlpOptions) {
  const clock = new SettableClock();
  const log = new MemoryLogger();
  let picture: () => readonly MetricFamily[] = () => [];
  const manager = await Simple<string, string>()
    .withClock(clock)
    .withLogger(log)
    .withPlugin('auth', inProcess(plugin))
    .withMetricsExporter(otlpExporter({ intervalMs: 1000, ...options }))
    .withMetricsExporter({
      name: 'memory',
      start: async (source) => void (picture = () => source.collect()),
      stop: async () => {},
    })
    .build();
  const ask = async (...texts: string[]): Promise<void> => {
    for (const text of texts) await manager.execute('auth', text).catch(() => {});
  };
  return { clock, log, manager, ask, picture: () => picture() };
}

function named(metrics: readonly ReceivedMetric[], name: string): ReceivedMetric {
  const metric = metrics.find((one) => one.name === name);
  if (metric === undefined)
    throw new Error(`no '${name}' among: ${metrics.map((one) => one.name).join(', ')}`);
  return metric;
}

/** The sum of all values of a metric. */
function total(post: Pick<Post, 'body'> & Partial<Post>, name: string): number {
  return named(metricsIn(post), name).points.reduce((sum, { value }) => sum + value, 0);
}

const suffix = /_total$|_seconds$|_bytes$/g;

describe('an export', () => {
  it.each(['http/protobuf', 'http/json', 'grpc'] as const)(
    'has every value that was counted, as %s',
    async (protocol) => {
      await using receiver = await (protocol === 'grpc' ? grpcReceiver() : otlpReceiver());
      const { manager, ask, picture, clock } = await countingHost({
        endpoint: receiver.endpoint,
        protocol,
        serviceName: 'mail',
        resource: { 'deployment.environment.name': 'staging' },
      });
      await ask('a', 'b', 'fail');
      clock.advance(1000);
      const counted = picture();
      const arrived = (): readonly { readonly body: Buffer }[] =>
        'posts' in receiver ? receiver.posts : receiver.exports;
      while (arrived().length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const [first = { body: Buffer.alloc(0) }] = arrived();
      const metrics = metricsIn(first);
      for (const { descriptor, points } of counted) {
        const name = descriptor.name
          .replace(descriptor.type === 'counter' ? /_total$/ : /$^/, '')
          .replace(suffix, '');
        const metric = named(metrics, name);
        expect(metric).toMatchObject({
          resource: { 'service.name': 'mail', 'deployment.environment.name': 'staging' },
          scope: 'plugboard',
          description: descriptor.help,
          unit: descriptor.unit === 'seconds' ? 's' : descriptor.unit === 'bytes' ? 'By' : '',
          kind: { counter: 'sum', gauge: 'gauge', info: 'gauge', histogram: 'histogram' }[descriptor.type],
        });
        expect(metric.points.map(({ labels, value }) => ({ labels, value }))).toEqual(
          points.map(({ labels, value }) => ({ labels, value })),
        );
      }
      const durations = named(metrics, 'plugin_request_duration').points[0];
      expect(durations).toMatchObject({ value: 3, sum: 0 });
      expect(durations?.bounds).toHaveLength(15);
      const rpc = named(metrics, 'rpc.client.call.duration');
      expect(rpc).toMatchObject({ unit: 's', kind: 'histogram' });
      expect(rpc.points[0]).toEqual({
        ...durations,
        labels: {
          'rpc.system.name': 'in-process',
          'rpc.method': 'auth/execute',
          'plugboard.plugin': 'auth',
          'plugboard.transport': 'in-process',
          'plugboard.instance': '0',
        },
      });
      expect(durations?.counts).toEqual([3, ...Array.from({ length: 15 }, () => 0)]);
      await manager.shutdown();
    },
  );

  it('comes at every interval, and once more at the end', async () => {
    await using receiver = await otlpReceiver();
    const { manager, ask, clock } = await countingHost({ endpoint: receiver.endpoint });
    for (const calls of [1, 2]) {
      await ask('a');
      const post = receiver.nextPost();
      clock.advance(1000);
      expect(total(await post, 'plugin_requests')).toBe(calls);
      await planned(clock);
    }
    await ask('a');
    await manager.shutdown();
    expect(receiver.posts.map((post) => total(post, 'plugin_requests'))).toEqual([1, 2, 3]);
    expect(clock.keepingAlive).toBe(0);
  });
});

/** Waits until the next export is planned. */
async function planned(clock: ManualClock): Promise<void> {
  while (!clock.timersMs.includes(1000)) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('deltas', () => {
  it('hold what came since the last export that arrived, and none is lost while the receiver is away', async () => {
    await using receiver = await otlpReceiver();
    const { manager, ask, clock, log } = await countingHost({
      endpoint: receiver.endpoint,
      temporality: 'delta',
    });
    const exportNow = async (): Promise<Post> => {
      const post = receiver.nextPost();
      clock.advance(1000);
      const arrived = await post;
      await planned(clock);
      return arrived;
    };
    await ask('a', 'fail');
    const first = await exportNow();
    await ask('a');
    const second = await exportNow();
    receiver.answer(503);
    await ask('a', 'a', 'a');
    await exportNow();
    receiver.answer(200);
    await ask('a');
    const after = await exportNow();
    expect([first, second, after].map((post) => total(post, 'plugin_requests'))).toEqual([2, 1, 4]);
    expect([first, second, after].map((post) => total(post, 'plugin_requests_failure'))).toEqual([1, 0, 0]);
    expect(total(after, 'plugin_request_duration')).toBe(4);
    expect(named(metricsIn(after), 'plugin_requests').temporality).toBe('delta');
    const [before] = named(metricsIn(second), 'plugin_requests').points;
    const [later] = named(metricsIn(after), 'plugin_requests').points;
    expect(later?.startMs).toBe(before?.endMs);
    expect(log.records.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(log.named('the OTLP receiver takes metrics again')).toHaveLength(1);
    await manager.shutdown();
  });

  it('of a plugin that was registered again hold what came since, however much came before', async () => {
    await using receiver = await otlpReceiver();
    const { manager, ask, clock } = await countingHost({
      endpoint: receiver.endpoint,
      temporality: 'delta',
    });
    await ask('a', 'a');
    const first = receiver.nextPost();
    clock.advance(1000);
    await first;
    await planned(clock);
    await manager.unregister('auth');
    clock.advance(10);
    await manager.register('auth', inProcess(plugin));
    const registeredAtMs = clock.date().getTime();
    await ask('a', 'a', 'fail');
    await manager.shutdown();
    const last = receiver.posts.at(-1) ?? (await first);
    expect(['plugin_requests', 'plugin_request_duration'].map((name) => total(last, name))).toEqual([3, 3]);
    expect(named(metricsIn(last), 'plugin_requests').points[0]?.startMs).toBe(registeredAtMs);
  });
});

describe('bad conditions', () => {
  it('a clock that is set back leaves exports in their order', async () => {
    await using receiver = await otlpReceiver();
    const { manager, ask, clock } = await countingHost({ endpoint: receiver.endpoint });
    await ask('a');
    const first = receiver.nextPost();
    clock.advance(1000);
    await first;
    await planned(clock);
    clock.setByMs = -3_600_000;
    await manager.shutdown();
    const [early, late] = receiver.posts.map((post) => named(metricsIn(post), 'plugin_requests').points[0]);
    expect(late?.endMs).toBeGreaterThanOrEqual(early?.endMs ?? Infinity);
    expect(late?.startMs).toBeLessThanOrEqual(late?.endMs ?? 0);
  });

  it('a clock that is set back before the first export leaves none that ends before it began', async () => {
    await using receiver = await otlpReceiver();
    const { manager, ask, clock } = await countingHost({ endpoint: receiver.endpoint });
    await ask('a');
    clock.setByMs = -3_600_000;
    await manager.shutdown();
    const points = receiver.posts.flatMap(metricsIn).flatMap((metric) => metric.points);
    expect(points.length).toBeGreaterThan(10);
    expect(points.filter(({ startMs, endMs }) => startMs > endMs)).toEqual([]);
  });

  it('a receiver that never answers is given up in time, also at the end', async () => {
    await using receiver = await otlpReceiver();
    receiver.answer(0);
    const { manager, clock } = await countingHost({ endpoint: receiver.endpoint });
    const post = receiver.nextPost();
    clock.advance(1000);
    await post;
    clock.advance(10_000);
    await planned(clock);
    const last = receiver.nextPost();
    const over = manager.shutdown({ timeoutMs: 3000 });
    await last;
    clock.advance(3000);
    expect(await over).toMatchObject({ cancelled: {} });
  });

  it('a receiver that is away for minutes costs one warning a minute', async () => {
    const { endpoint } = await gone();
    const { manager, clock, log } = await countingHost({ endpoint });
    for (let second = 0; second < 180; second++) {
      clock.advance(1000);
      await planned(clock);
    }
    await manager.shutdown();
    const warnings = log.records.filter(({ level }) => level === 'warn');
    expect(warnings.length).toBeLessThanOrEqual(4);
    expect(warnings.at(-1)?.fields['dropped']).toBeGreaterThan(100);
  });

  it.each([
    [{ endpoint: 'ftp://x' }, 'no http address'],
    [{ endpoint: 'http://x', intervalMs: 0 }, 'intervalMs is 0'],
    [{ endpoint: 'http://x', temporality: 'both' }, 'temporality is both'],
    [{ endpoint: 'http://x', headers: { 'api\nkey': 'k' } }, "'api\\u000akey' is no name of a header"],
  ])('options such as %o are refused', (options, why) => {
    expect(() => otlpExporter(options as OtlpOptions)).toThrow(why);
  });
});

it.each(['http/protobuf', 'grpc'] as const)('a key with a line end is not repeated, over %s', (protocol) => {
  const options = { endpoint: 'http://x', protocol, headers: { 'api-key': 'hunter2\n' } };
  expect(() => otlpExporter(options)).toThrow("header 'api-key'");
  expect(() => otlpExporter(options)).not.toThrow('hunter2');
});

/** A receiver that is not there any more. */
async function gone(): Promise<{ endpoint: string }> {
  await using receiver = await otlpReceiver();
  return { endpoint: receiver.endpoint };
}

describe('a metricProducer', () => {
  it("brings everything into the application's own OpenTelemetry", async () => {
    await using receiver = await otlpReceiver();
    const producer = metricProducer();
    const manager = await Simple<string, string>()
      .withPlugin('auth', inProcess(plugin))
      .withMetricsExporter(producer)
      .build();
    const metricProducers: MetricProducer[] = [producer];
    const exporter = new OTLPMetricExporter({ url: `${receiver.endpoint}/v1/metrics` });
    const reader = new PeriodicExportingMetricReader({ exporter, metricProducers });
    const provider = new MeterProvider({ readers: [reader] });
    provider.getMeter('app').createCounter('own').add(7);
    for (const text of ['a', 'b']) await manager.execute('auth', text);
    await provider.forceFlush();
    const [post] = receiver.posts;
    if (post === undefined) throw new Error('nothing arrived');
    expect(total(post, 'own')).toBe(7);
    expect(total(post, 'plugin_requests')).toBe(2);
    expect(named(metricsIn(post), 'plugin_request_duration').kind).toBe('histogram');
    await manager.shutdown();
    await provider.shutdown();
  });

  it('serves one manager', async () => {
    const producer = metricProducer();
    expect((await producer.collect()).resourceMetrics.scopeMetrics).toEqual([]);
    await using first = await Simple<string, string>().withMetricsExporter(producer).build();
    void first;
    await expect(Simple<string, string>().withMetricsExporter(producer).build()).rejects.toThrow('its own');
  });
});
