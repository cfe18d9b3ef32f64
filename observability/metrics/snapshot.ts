import type { LivePlugin } from '../../src/core/live-plugin.ts';
import type {
  CallFigures,
  CallRates,
  InstanceMetrics,
  MetricsSnapshot,
  PluginMetrics,
} from '../../src/core/metrics-snapshot.ts';
import { Buckets, quantile } from './buckets.ts';
import type { CallCells, HookCells } from './call-cells.ts';
import { callBucketsSeconds } from './descriptors.ts';
import type { PluginCells } from './plugin-cells.ts';
import type { Counted } from './counted.ts';

/** What was counted, as programs read it. */
export function snapshotOf({ plugins, host, clock }: Counted): MetricsSnapshot {
  const nowMs = clock.now();
  const live = new Map(host.listPlugins().map((plugin) => [plugin.name, plugin]));
  const all = [...plugins.values()];
  return {
    totals: { ...figuresOf(all.flatMap(hooksOf)), ...ratesOf(all, nowMs) },
    plugins: Object.fromEntries(
      [...plugins].map(([name, cells]) => [name, pluginMetrics(cells, live.get(name), nowMs)]),
    ),
  };
}

function pluginMetrics(cells: PluginCells, live: LivePlugin | undefined, nowMs: number): PluginMetrics {
  const { retries, rateLimited, limited, outages, drops, drains, drainCancelled, sentBytes, receivedBytes } =
    cells;
  const { startFailures, starts } = cells;
  return {
    ...figuresOf(hooksOf(cells)),
    ...ratesOf([cells], nowMs),
    active: live?.calls.active ?? 0,
    queued: live?.queued ?? 0,
    failures: Object.fromEntries(cells.codes),
    retries,
    rateLimited,
    limitedLocally: limited,
    sharedLimitOutages: outages,
    dropped: drops,
    drains,
    drainCancelled,
    sentBytes,
    receivedBytes,
    startSeconds: starts.histogram,
    startFailures,
    instances: instancesOf(cells, live),
    hooks: byHook(cells),
  };
}

/** Those that are there now; what was counted of others is in the plugin's own figures. */
function instancesOf(cells: PluginCells, live: LivePlugin | undefined): InstanceMetrics[] {
  return (live?.instances ?? []).map(({ state, health, breaker }, index) => {
    const { calls, trips, restarts, healthCheckFailures } = cells.instance(index);
    const figures = figuresOf([...calls.hooks.values()]);
    return {
      ...figures,
      state: state.status,
      health,
      breaker,
      breakerTrips: trips,
      restarts,
      healthCheckFailures,
    };
  });
}

function byHook(cells: PluginCells): Record<string, CallFigures> {
  const names = new Set(callsOf(cells).flatMap(({ hooks }) => [...hooks.keys()]));
  return Object.fromEntries(
    [...names].map((hook) => [hook, figuresOf(callsOf(cells).flatMap(({ hooks }) => hooks.get(hook) ?? []))]),
  );
}

function callsOf({ calls, instances }: PluginCells): CallCells[] {
  return [calls, ...[...instances.values()].map((instance) => instance.calls)];
}

function hooksOf(cells: PluginCells): HookCells[] {
  return callsOf(cells).flatMap(({ hooks }) => [...hooks.values()]);
}

function figuresOf(hooks: readonly HookCells[]): CallFigures {
  const durations = new Buckets(callBucketsSeconds);
  let failed = 0;
  for (const hook of hooks) {
    durations.merge(hook.durations);
    failed += hook.failed;
  }
  const { histogram } = durations;
  return {
    requestsTotal: histogram.count,
    requestsSuccess: histogram.count - failed,
    requestsFailure: failed,
    durationSeconds: histogram,
    p50Seconds: quantile(histogram, 0.5),
    p95Seconds: quantile(histogram, 0.95),
    p99Seconds: quantile(histogram, 0.99),
  };
}

function ratesOf(plugins: readonly PluginCells[], nowMs: number): CallRates {
  let requestsPerSecond = 0;
  let failuresPerSecond = 0;
  for (const { pace } of plugins) {
    const { count, failures, seconds } = pace.over(nowMs);
    requestsPerSecond += count / seconds;
    failuresPerSecond += failures / seconds;
  }
  const errorRate = requestsPerSecond === 0 ? 0 : failuresPerSecond / requestsPerSecond;
  return { requestsPerSecond, errorRate };
}
