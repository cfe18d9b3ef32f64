import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Counter, Histogram, Registry } from 'prom-client';

/** Counts one call that took so long and succeeded. */
export type Record = (seconds: number) => void;

const labels = { plugin_name: 'auth', plugin_instance: '0', hook: 'execute' } as const;
const labelNames = Object.keys(labels) as (keyof typeof labels)[];
const buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** prom-client as applications use it: labels are given with each call. */
export function promClient(): Record {
  const { total, succeeded, duration } = promMetrics();
  return (seconds) => {
    total.inc(labels);
    succeeded.inc(labels);
    duration.observe(labels, seconds);
  };
}

/** prom-client with its labels bound beforehand. */
export function promClientBound(): Record {
  const { total, succeeded, duration } = promMetrics();
  const bound = [total.labels(labels), succeeded.labels(labels)] as const;
  const boundDuration = duration.labels(labels);
  return (seconds) => {
    for (const counter of bound) counter.inc();
    boundDuration.observe(seconds);
  };
}

function promMetrics() {
  const registers = [new Registry()];
  return {
    total: new Counter({ name: 'requests_total', help: 'x', labelNames, registers }),
    succeeded: new Counter({ name: 'requests_success_total', help: 'x', labelNames, registers }),
    duration: new Histogram({ name: 'request_duration_seconds', help: 'x', labelNames, buckets, registers }),
  };
}

/** OpenTelemetry's metrics with one reader, which never comes to read. */
export function openTelemetry(): Record & { readonly close: () => Promise<void> } {
  const provider = new MeterProvider({
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
        exportIntervalMillis: 2 ** 30,
      }),
    ],
  });
  const meter = provider.getMeter('bench');
  const total = meter.createCounter('requests');
  const succeeded = meter.createCounter('requests.success');
  const duration = meter.createHistogram('request.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: buckets },
  });
  const attributes: Attributes = labels;
  const record = (seconds: number): void => {
    total.add(1, attributes);
    succeeded.add(1, attributes);
    duration.record(seconds, attributes);
  };
  return Object.assign(record, { close: () => provider.shutdown() });
}
