import type { ConfigDiff } from '../config/diff.ts';
import type { HealthStatus, PluginHealth } from '../core/health.ts';
import type { PluginInfo } from '../core/plugin.ts';
import type { PluginState } from '../core/plugin-state.ts';
import type { BreakerState } from '../resilience/breaker.ts';
import type { CallCounts } from '../resilience/tally.ts';

/** What a new configuration has changed. */
export interface ReloadReport extends ConfigDiff {
  /** Fields of `host` that take effect when the host is started anew: `security.policy`. */
  readonly atNextStart: readonly string[];
  /** Running calls that were given up because their time to finish was over. */
  readonly cancelled: number;
  readonly durationMs: number;
}

/** What can be seen of one running copy of a plugin. */
export interface InstanceView {
  readonly state: PluginState;
  /** What was last known of its health. */
  readonly health: HealthStatus;
  /** Undefined without a circuit breaker. */
  readonly breaker: BreakerState | undefined;
  readonly pid: number | undefined;
  /** How often it was started again after an unexpected end. */
  readonly restarts: number;
  readonly calls: CallCounts;
}

/** What can be seen of a plugin, as it is at this moment. */
export interface PluginView {
  /** The host's name for it. */
  readonly name: string;
  /** Its transport. */
  readonly kind: string;
  /** Its file or command. */
  readonly target: string;
  /** That of its best instance. */
  readonly state: PluginState;
  /** What it says of itself; known while it is ready. */
  readonly info: PluginInfo | undefined;
  /** The hooks it answers; known while it is ready. */
  readonly hooks: readonly string[];
  readonly pid: number | undefined;
  /** How often its instances were started again after an unexpected end. */
  readonly restarts: number;
  readonly calls: CallCounts;
  /** How many calls wait for a token or a slot. */
  readonly queued: number;
  readonly instances: readonly InstanceView[];
}

/** The health of a manager and of each of its plugins. */
export interface ManagerHealth {
  readonly status: HealthStatus;
  readonly plugins: Readonly<Record<string, PluginHealth>>;
}

/** How a drain ended. */
export interface DrainReport {
  /** Calls that did not end in time and were cancelled. */
  readonly cancelled: number;
  readonly durationMs: number;
}

/** What a shutdown left. */
export interface ShutdownReport {
  /** Calls that did not end in time and were cancelled, by plugin; empty when nothing was lost. */
  readonly cancelled: Readonly<Record<string, number>>;
  readonly durationMs: number;
}
