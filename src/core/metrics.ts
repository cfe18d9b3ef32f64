/** Hears of every call of one plugin, once, when it is over. */
export interface CallRecorder {
  /** `errorCode` is undefined for a success. */
  ended(durationMs: number, errorCode: string | undefined): void;
  /** A call was limited by this host alone, because the shared limit was out of reach. */
  limitedLocally(): void;
}

/** Where calls are counted: the port that observability implements. */
export interface CallMetrics {
  recorderFor(plugin: string): CallRecorder;
  /** Drops what was counted of a plugin that is gone. */
  forget(plugin: string): void;
  snapshot(): MetricsSnapshot;
}

/** What was counted, by plugin. */
export interface MetricsSnapshot {
  readonly plugins: Readonly<Record<string, PluginMetrics>>;
}

/** The calls of one plugin that are over. */
export interface PluginMetrics {
  readonly requestsTotal: number;
  readonly requestsSuccess: number;
  readonly requestsFailure: number;
  /** Failures by error code. */
  readonly failures: Readonly<Record<string, number>>;
  readonly durationSeconds: Histogram;
  /** Calls that this host limited alone, because the shared rate limit was out of reach. */
  readonly limitedLocally: number;
}

/** Counts of values up to each bound; the last bound is `Infinity` and holds all. */
export interface Histogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
}
