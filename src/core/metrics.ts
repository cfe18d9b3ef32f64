import type { LivePlugin } from './live-plugin.ts';
import type { MetricFamily } from './metric-family.ts';
import type { MetricsSnapshot } from './metrics-snapshot.ts';

/** Hears of the calls of one plugin, or of one of its instances, each once, when it is over. */
export interface CallRecorder {
  /**
   * Both times are those of the clock, in milliseconds. `errorCode` is undefined for a success; `traceparent` is the
   * call's W3C trace context, where it has one.
   */
  ended(
    hook: string,
    startedAtMs: number,
    endedAtMs: number,
    errorCode: string | undefined,
    traceparent: string | undefined,
  ): void;
}

/** Counts the bytes that a transport sends to a plugin and gets from it. */
export interface Traffic {
  sent(bytes: number): void;
  received(bytes: number): void;
}

/** Hears what happens to one instance of a plugin. */
export interface InstanceRecorder {
  readonly calls: CallRecorder;
  /** It is ready; it took so long, in milliseconds. */
  started(durationMs: number): void;
  startFailed(): void;
  /** It ended unexpectedly and is being started again. */
  restarted(): void;
  /** Its circuit breaker has opened. */
  tripped(): void;
  healthCheckFailed(): void;
}

/** Hears what happens to one plugin. */
export interface PluginRecorder {
  /** For calls that reached no instance. */
  readonly calls: CallRecorder;
  readonly traffic: Traffic;
  /** The recorder of the instance of this number; a replacement goes on where the one before it ended. */
  instance(index: number): InstanceRecorder;
  /** A failed attempt is made again. */
  retried(): void;
  /** A call was limited by this host alone, because the shared limit was out of reach. */
  limitedLocally(): void;
  /** The shared limit has come out of reach: a time of limiting alone begins. */
  sharedLimitLost(): void;
  /** It was not told something, because it did not keep up. */
  dropped(): void;
  /** A drain is over; so many calls were cancelled. */
  drained(cancelled: number): void;
}

/** What is read of the host when somebody looks, so that it cannot drift from the truth. */
export interface LiveHost {
  /** The plugins that are registered now. */
  listPlugins(): readonly LivePlugin[];
  /** What the gate has decided since the start; undefined without a gate. */
  security(): { readonly statistics: LiveSecurity } | undefined;
}

/** What a gate has decided since the start. */
export interface LiveSecurity {
  readonly rejected: number;
  /** By kind of violation. */
  readonly violations: Readonly<Record<string, number>>;
}

/** Where everything is counted: the port that observability implements. */
export interface Metrics {
  /** From now on gauges are read from this host. */
  watch(host: LiveHost): void;
  /** `hooks` are those that may be asked; what is asked besides counts as `_OTHER`. */
  recorderFor(plugin: string, hooks: readonly string[]): PluginRecorder;
  /** Drops what was counted of a plugin that is gone. */
  forget(plugin: string): void;
  /** The host has read its configuration anew, or could not. */
  configReloaded(succeeded: boolean): void;
  /** What was counted, for programs. */
  snapshot(): MetricsSnapshot;
  /** What was counted, for exporters: a picture of one moment. */
  collect(): readonly MetricFamily[];
}
