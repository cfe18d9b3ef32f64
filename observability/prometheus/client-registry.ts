import { PluginError, messageOf } from '../../src/core/errors.ts';
import type { MetricDescriptor, MetricFamily, MetricPoint } from '../../src/core/metric-family.ts';
import { descriptors } from '../metrics/descriptors.ts';

/** What is needed of a registry of prom-client 15 or @prometheus-io/client. */
export interface ClientRegistry {
  registerMetric(metric: ReadMetric): unknown;
  removeSingleMetric(name: string): void;
}

/** What is needed of a metric in such a registry: it is read, and never counts by itself. */
export interface ReadMetric {
  get(): Promise<object>;
  reset(): void;
}

/** A value as those libraries hand it around. */
interface ClientValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
  readonly exemplar?: object;
}

/**
 * Makes every metric readable through somebody's registry. A registry asks every metric before it waits for one, and
 * all of them are given the same picture.
 * @throws {PluginError} `CONFIG_1703` when the registry has a metric of that name already; then it is left as it was.
 */
export function registerFamilies(
  registry: ClientRegistry,
  prefix: string,
  collect: () => readonly MetricFamily[],
): void {
  let picture: ReadonlyMap<string, MetricFamily> | undefined;
  const pointsOf = (name: string): readonly MetricPoint[] => {
    if (picture === undefined) queueMicrotask(() => (picture = undefined));
    picture ??= new Map(collect().map((family) => [family.descriptor.name, family]));
    return picture.get(name)?.points ?? [];
  };
  const added: string[] = [];
  try {
    for (const descriptor of descriptors) {
      registry.registerMetric(readOnlyMetric(descriptor, prefix, pointsOf));
      added.push(prefix + descriptor.name);
    }
  } catch (error) {
    for (const name of added) registry.removeSingleMetric(name);
    const message = `the metrics cannot be added to the registry: ${messageOf(error)} Give prometheusExporter a namespace of its own.`;
    throw new PluginError('CONFIG_1703', { message, cause: error });
  }
}

function readOnlyMetric(
  descriptor: MetricDescriptor,
  prefix: string,
  pointsOf: (name: string) => readonly MetricPoint[],
): ReadMetric {
  const type = descriptor.type === 'info' ? 'gauge' : descriptor.type;
  const { help } = descriptor;
  const metric = {
    // In OpenMetrics mode the registry takes `_total` from the name of a counter, and adds it to each value.
    name: prefix + descriptor.name,
    help,
    type,
    aggregator: 'sum',
    reset() {},
    async get() {
      const { name } = metric;
      const values = pointsOf(descriptor.name).flatMap((point) => valuesOf(name, point));
      return { name, help, type, aggregator: 'sum', values };
    },
  };
  return metric;
}

function valuesOf(name: string, { labels, value, histogram, exemplars }: MetricPoint): ClientValue[] {
  if (histogram === undefined) return [{ labels, value }];
  return [
    ...histogram.buckets.map(({ le, count }, at) => {
      const bucket = { ...labels, le: le === Infinity ? '+Inf' : le };
      return { labels: bucket, value: count, metricName: `${name}_bucket`, ...exemplarOf(exemplars?.[at]) };
    }),
    { labels, value: histogram.sum, metricName: `${name}_sum` },
    { labels, value: histogram.count, metricName: `${name}_count` },
  ];
}

function exemplarOf(exemplar: NonNullable<MetricPoint['exemplars']>[number]): { exemplar?: object } {
  if (exemplar === undefined) return {};
  const { traceId, spanId, value, atMs } = exemplar;
  return { exemplar: { labelSet: { trace_id: traceId, span_id: spanId }, value, timestamp: atMs / 1000 } };
}
