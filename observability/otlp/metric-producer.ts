import { PluginError } from '../../src/core/errors.ts';
import type { MetricsExporter, MetricsSource } from '../../src/core/metrics-exporter.ts';
import type { OtelScopeMetrics } from './metric-data.ts';
import { otelMetrics } from './otel-metrics.ts';

/** A resource of OpenTelemetry's that says nothing: the application's own counts. */
export interface NoResource {
  readonly attributes: Readonly<Record<string, never>>;
  merge<Other>(other: Other | null): Other | NoResource;
  getRawAttributes(): [];
}

/** What OpenTelemetry's readers ask a producer for. */
export interface CollectedMetrics {
  resourceMetrics: { resource: NoResource; scopeMetrics: OtelScopeMetrics[] };
  errors: unknown[];
}

/** A manager's metrics for the application's own OpenTelemetry: a `MetricProducer` of @opentelemetry/sdk-metrics. */
export interface OtelMetricProducer extends MetricsExporter {
  /** What was counted since the start, also once the manager has ended; nothing before it is registered with one. */
  collect(): Promise<CollectedMetrics>;
}

/**
 * Hands a manager's metrics to a `MeterProvider` of the application's: register it with the manager, and give it to
 * the reader: `new PeriodicExportingMetricReader({ exporter, metricProducers: [producer] })`.
 */
export function metricProducer(): OtelMetricProducer {
  let source: MetricsSource | undefined;
  return {
    name: 'opentelemetry',
    async start(from) {
      if (source !== undefined) throw taken();
      source = from;
    },
    // It stays readable: a reader of the application's collects once more when it is shut down, after the manager.
    async stop() {},
    async collect() {
      const families = source?.collect() ?? [];
      const atMs = source?.clock.date().getTime() ?? 0;
      const scopeMetrics = families.length === 0 ? [] : [otelMetrics({ families, atMs })];
      return { resourceMetrics: { resource: noResource, scopeMetrics }, errors: [] };
    },
  };
}

const noResource: NoResource = {
  attributes: {},
  merge: (other) => other ?? noResource,
  getRawAttributes: () => [],
};

function taken(): PluginError {
  const message = 'a metricProducer serves one manager, and this one has its own. Make another.';
  return new PluginError('CONFIG_1703', { message });
}
