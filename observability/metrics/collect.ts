import type { LiveInstance, LivePlugin } from '../../src/core/live-plugin.ts';
import type { Labels, MetricFamily, MetricPoint } from '../../src/core/metric-family.ts';
import { printable } from '../../src/core/printable.ts';
import type { Buckets } from './buckets.ts';
import type { HookCells } from './call-cells.ts';
import { descriptors } from './descriptors.ts';
import type { InstanceCells, PluginCells } from './plugin-cells.ts';
import type { Counted } from './counted.ts';

type Reader = (counted: Counted) => readonly MetricPoint[];

const states: readonly LiveInstance['state']['status'][] = [
  'stopped',
  'starting',
  'ready',
  'restarting',
  'draining',
  'failed',
];
const statuses: readonly LiveInstance['health'][] = [
  'unknown',
  'healthy',
  'degraded',
  'unhealthy',
  'offline',
];
const breakerNumbers = { closed: 0, open: 1, 'half-open': 2 } as const;

/** How each metric of the table is read. */
const readers: Readonly<Record<string, Reader>> = {
  plugin_requests_total: ofHooks(({ durations }) => ({ value: durations.count })),
  plugin_requests_success_total: ofHooks(({ durations, failed }) => ({ value: durations.count - failed })),
  plugin_requests_failure_total: ofHooks(({ failed }) => ({ value: failed })),
  plugin_request_duration_seconds: ofHooks(({ durations, exemplars }) => ({
    ...histogramOf(durations),
    exemplars: exemplars && [...exemplars],
  })),
  plugin_request_errors_total: ({ plugins }) =>
    [...plugins.values()].flatMap(({ codes, labels, sinceMs }) =>
      [...codes].map(([code, value]) => ({ labels: { ...labels, code }, value, sinceMs })),
    ),
  plugin_active_requests: ofLive(({ calls }) => [[{}, calls.active]]),
  plugin_queue_depth: ofLive(({ queued }) => [[{}, queued]]),
  plugin_retries_total: ofPlugins(({ retries }) => ({ value: retries })),
  plugin_rate_limited_total: ofPlugins(({ rateLimited }) => ({ value: rateLimited })),
  plugin_rate_limited_locally_total: ofPlugins(({ limited }) => ({ value: limited })),
  plugin_shared_limit_outages_total: ofPlugins(({ outages }) => ({ value: outages })),
  plugin_observations_dropped_total: ofPlugins(({ drops }) => ({ value: drops })),
  plugin_circuit_breaker_state: ofLiveInstances(({ breaker }) =>
    breaker === undefined ? [] : [[{}, breakerNumbers[breaker]]],
  ),
  plugin_circuit_breaker_trips_total: ofInstances(({ trips }) => trips),
  plugin_status: ofLiveInstances(({ health }) =>
    statuses.map((status) => [{ status }, status === health ? 1 : 0]),
  ),
  plugin_health_check_failures_total: ofInstances(({ healthCheckFailures }) => healthCheckFailures),
  plugin_instances: ofLive(({ instances }) =>
    states.map((state) => [{ state }, instances.filter((one) => one.state.status === state).length]),
  ),
  plugin_restarts_total: ofInstances(({ restarts }) => restarts),
  plugin_start_duration_seconds: ofPlugins(({ starts }) => histogramOf(starts)),
  plugin_start_failures_total: ofPlugins(({ startFailures }) => ({ value: startFailures })),
  plugin_drains_total: ofPlugins(({ drains }) => ({ value: drains })),
  plugin_drain_cancelled_requests_total: ofPlugins(({ drainCancelled }) => ({ value: drainCancelled })),
  plugin_sent_bytes_total: ofPlugins(({ sentBytes }) => ({ value: sentBytes })),
  plugin_received_bytes_total: ofPlugins(({ receivedBytes }) => ({ value: receivedBytes })),
  plugin_info: ofLive(({ info, kind }) => [
    [{ version: printable(info?.version ?? '', 100), transport: kind }, 1],
  ]),
  plugin_config_reloads_total: ({ reloads, sinceMs }) => [
    { labels: { result: 'success' }, value: reloads.succeeded, sinceMs },
    { labels: { result: 'failure' }, value: reloads.failed, sinceMs },
  ],
  plugin_config_last_reload_timestamp_seconds: ({ reloads, sinceMs }) =>
    reloads.lastMs === undefined ? [] : [{ labels: {}, value: reloads.lastMs / 1000, sinceMs }],
  plugin_security_denials_total: ({ host, sinceMs }) => {
    const security = host.security();
    return security === undefined ? [] : [{ labels: {}, value: security.statistics.rejected, sinceMs }];
  },
  plugin_security_violations_total: ({ host, sinceMs }) =>
    Object.entries(host.security()?.statistics.violations ?? {}).map(([violation, value]) => ({
      labels: { violation },
      value,
      sinceMs,
    })),
};

/** Every metric of the table with what it is now, copied: what is counted meanwhile does not show. */
export function collect(counted: Counted): readonly MetricFamily[] {
  // The host is asked once, so that one picture does not contradict itself.
  const plugins = counted.host.listPlugins();
  const security = counted.host.security();
  const atOnce = { ...counted, host: { listPlugins: () => plugins, security: () => security } };
  return descriptors.map((descriptor) => ({ descriptor, points: readers[descriptor.name]?.(atOnce) ?? [] }));
}

type Read = Omit<MetricPoint, 'labels' | 'sinceMs'>;

function histogramOf(buckets: Buckets): Read {
  const histogram = buckets.copy;
  return { value: histogram.count, histogram };
}

function ofPlugins(read: (plugin: PluginCells) => Read): Reader {
  return ({ plugins }) =>
    [...plugins.values()].map((cells) => ({
      labels: cells.labels,
      sinceMs: cells.sinceMs,
      ...read(cells),
    }));
}

function ofInstances(read: (instance: InstanceCells) => number): Reader {
  return ({ plugins }) =>
    [...plugins.values()].flatMap(({ instances, sinceMs }) =>
      [...instances.values()].map((cells) => ({ labels: cells.labels, sinceMs, value: read(cells) })),
    );
}

function ofHooks(read: (hook: HookCells) => Read): Reader {
  return ({ plugins }) => {
    const points: MetricPoint[] = [];
    for (const { calls, instances, sinceMs } of plugins.values())
      for (const { hooks } of [calls, ...[...instances.values()].map((instance) => instance.calls)])
        for (const cells of hooks.values()) {
          const { value, histogram, exemplars } = read(cells);
          points.push({ labels: cells.labels, value, sinceMs, histogram, exemplars });
        }
    return points;
  };
}

type Gauges = readonly (readonly [more: Labels, value: number])[];

/** A plugin that was registered a moment ago may not be counted yet, and the other way round. */
function ofLive(read: (plugin: LivePlugin) => Gauges): Reader {
  return ({ host, plugins }) =>
    host.listPlugins().flatMap((live) => {
      const cells = plugins.get(live.name);
      if (cells === undefined) return [];
      const { labels, sinceMs } = cells;
      return read(live).map(([more, value]) => ({ labels: { ...labels, ...more }, value, sinceMs }));
    });
}

function ofLiveInstances(read: (instance: LiveInstance) => Gauges): Reader {
  return ofLive(({ instances }) =>
    instances.flatMap((instance, index) =>
      read(instance).map(([more, value]) => [{ plugin_instance: String(index), ...more }, value] as const),
    ),
  );
}
