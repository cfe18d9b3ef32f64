/**
 * plugboard/observability: metrics for Prometheus and OpenTelemetry, and what exporters need.
 * @module
 */

export { descriptors } from './metrics/descriptors.ts';
export { metricsRegistry } from './metrics/registry.ts';
export { otlpExporter, type OtlpOptions } from './otlp/exporter.ts';
export type { OtlpTarget } from './otlp/endpoint.ts';
export {
  metricProducer,
  type CollectedMetrics,
  type NoResource,
  type OtelMetricProducer,
} from './otlp/metric-producer.ts';
export type { Temporality } from './otlp/otel-metrics.ts';
export {
  prometheusExporter,
  type PrometheusExporter,
  type PrometheusOptions,
} from './prometheus/exporter.ts';
