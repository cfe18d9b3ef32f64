import type { MetricFamily } from '../../src/core/metric-family.ts';
import { attributesOf } from './attributes.ts';
import type { OtelHistogram, OtelMetric, OtelPoint } from './metric-data.ts';

/** Ours, from which the other is made. */
const ours = 'plugin_request_duration';

/**
 * The durations of calls once more, under the name and the attributes that OpenTelemetry gives those of every remote
 * call, for receivers that know them.
 */
export function withRpcDuration(metrics: OtelMetric[], families: readonly MetricFamily[]): OtelMetric[] {
  const durations = metrics.find(({ descriptor }) => descriptor.name === ours);
  if (durations?.dataPointType !== 0) return metrics;
  const transports = transportsIn(families);
  const descriptor = { ...durations.descriptor, name: 'rpc.client.call.duration' };
  const dataPoints = durations.dataPoints.map((point) => rpcPoint(point, transports));
  return [...metrics, { ...durations, descriptor, dataPoints }];
}

function rpcPoint(
  point: OtelPoint<OtelHistogram>,
  transports: ReadonlyMap<string, string>,
): OtelPoint<OtelHistogram> {
  const { plugin_name: plugin = '', plugin_instance: instance, hook = '' } = point.attributes;
  const transport = transports.get(plugin) ?? 'unknown';
  const attributes = attributesOf({ plugin, transport, method: `${plugin}/${hook}` });
  return {
    ...point,
    attributes: { ...attributes, ...(instance !== undefined && { 'plugboard.instance': instance }) },
  };
}

/** A plugin that is not ready says nothing of itself, and its transport is not known. */
function transportsIn(families: readonly MetricFamily[]): ReadonlyMap<string, string> {
  const infos = families.find(({ descriptor }) => descriptor.name === 'plugin_info')?.points ?? [];
  return new Map(infos.map(({ labels }) => [labels['plugin_name'] ?? '', labels['transport'] ?? 'unknown']));
}
