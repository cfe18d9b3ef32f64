import type { HealthStatus } from './health.ts';
import type { PluginState } from './plugin-state.ts';

/** Counts of values up to each bound; the last bound is `Infinity` and holds all. */
export interface Histogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
}

/** Calls that are over. */
export interface CallFigures {
  readonly requestsTotal: number;
  readonly requestsSuccess: number;
  readonly requestsFailure: number;
  /** How long they took, waits and retries included. */
  readonly durationSeconds: Histogram;
  /**
   * The time within which half, 95 % and 99 % of them ended, in seconds. Estimates: a time is known only up to its
   * bucket, and is taken to lie evenly in it. Undefined before the first call.
   */
  readonly p50Seconds: number | undefined;
  readonly p95Seconds: number | undefined;
  readonly p99Seconds: number | undefined;
}

/** How many calls ended of late. */
export interface CallRates {
  /** Calls a second over the last minute, or since the plugin is there if that is shorter. */
  readonly requestsPerSecond: number;
  /** The share of them that failed, 0 to 1. */
  readonly errorRate: number;
}

/** What was counted of one running copy of a plugin. */
export interface InstanceMetrics extends CallFigures {
  readonly state: PluginState['status'];
  readonly health: HealthStatus;
  /** Undefined without a circuit breaker. */
  readonly breaker: 'closed' | 'open' | 'half-open' | undefined;
  /** How often its circuit breaker has opened. */
  readonly breakerTrips: number;
  readonly restarts: number;
  readonly healthCheckFailures: number;
}

/** What was counted of one plugin since it was registered. */
export interface PluginMetrics extends CallFigures, CallRates {
  /** Calls under way now, waiting ones included. */
  readonly active: number;
  /** How many of them wait for a token or a slot. */
  readonly queued: number;
  /** Failures by error code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Attempts after the first of their call. */
  readonly retries: number;
  /** Calls that found no token. */
  readonly rateLimited: number;
  /** Calls that this host limited alone, because the shared rate limit was out of reach. */
  readonly limitedLocally: number;
  /** How often the shared rate limit has come out of reach. */
  readonly sharedLimitOutages: number;
  /** What it was not told, because it did not keep up. */
  readonly dropped: number;
  readonly drains: number;
  /** Calls that were cancelled by drains. */
  readonly drainCancelled: number;
  /** Over the wire, where it has one that carries bytes. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** How long starts took that ended well. */
  readonly startSeconds: Histogram;
  readonly startFailures: number;
  readonly instances: readonly InstanceMetrics[];
  readonly hooks: Readonly<Record<string, CallFigures>>;
}

/** What was counted of the plugins that are registered now. */
export interface MetricsSnapshot {
  /** All of them together. */
  readonly totals: CallFigures & CallRates;
  readonly plugins: Readonly<Record<string, PluginMetrics>>;
}
