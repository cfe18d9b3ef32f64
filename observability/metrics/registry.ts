import { checkClock } from '../../src/core/check-clock.ts';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import type { LiveHost, Metrics } from '../../src/core/metrics.ts';
import { collect } from './collect.ts';
import type { Counted } from './counted.ts';
import { PluginCells } from './plugin-cells.ts';
import { snapshotOf } from './snapshot.ts';

const nobody: LiveHost = { listPlugins: () => [], security: () => undefined };

/**
 * Counts in memory: fixed cells for each plugin, instance and hook, bound when a plugin is registered. Every manager
 * with metrics has one of its own; make one yourself to try an exporter.
 */
export function metricsRegistry(clock: Clock = systemClock): Metrics {
  const plugins = new Map<string, PluginCells>();
  const reloads: Counted['reloads'] = { succeeded: 0, failed: 0, lastMs: undefined };
  checkClock(clock, 'metricsRegistry');
  const sinceMs = clock.date().getTime();
  let host = nobody;
  const counted = (): Counted => ({ plugins, host, clock, sinceMs, reloads });
  return {
    watch: (live) => void (host = live),
    recorderFor(plugin, hooks) {
      const cells = new PluginCells(plugin, hooks, clock);
      plugins.set(plugin, cells);
      return cells;
    },
    forget: (plugin) => void plugins.delete(plugin),
    configReloaded(succeeded) {
      if (succeeded) reloads.lastMs = clock.date().getTime();
      reloads[succeeded ? 'succeeded' : 'failed']++;
    },
    snapshot: () => snapshotOf(counted()),
    collect: () => collect(counted()),
  };
}
