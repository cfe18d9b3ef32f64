/**
 * plugboard/observability: metrics for Prometheus, and what exporters need.
 * @module
 */

export { descriptors } from './metrics/descriptors.ts';
export { metricsRegistry } from './metrics/registry.ts';
export {
  prometheusExporter,
  type PrometheusExporter,
  type PrometheusOptions,
} from './prometheus/exporter.ts';
