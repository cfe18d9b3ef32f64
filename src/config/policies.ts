/** How a plugin that ended unexpectedly is started again. */
export interface RestartSettings {
  /** Starts in a row that may fail before the plugin is given up. 0 never restarts. Default 3, as go-plugins. */
  readonly maxRestarts?: number;
  /** The wait before the first restart, in milliseconds. Default 1,000. */
  readonly initialDelayMs?: number;
  /** The longest wait, in milliseconds. Default 30,000. */
  readonly maxDelayMs?: number;
  /** Each wait is so many times the one before. Default 2. */
  readonly multiplier?: number;
  /** A plugin that has run so long is healthy again, and its count begins anew. Default 30,000, a health interval. */
  readonly healthyAfterMs?: number;
}

/** How often and when a failed call is tried again. Off unless given, because not every call may run twice. */
export interface RetrySettings {
  /** Attempts after the first. Default 3. */
  readonly maxRetries?: number;
  /** The wait before the first retry, in milliseconds. Default 100. */
  readonly initialDelayMs?: number;
  /** The longest wait, in milliseconds. Default 5,000. */
  readonly maxDelayMs?: number;
  /** Each wait is so many times the one before. Default 2. */
  readonly multiplier?: number;
  /** The share by which a wait is longer or shorter at random, 0 to 1. Default 0.1, so that callers do not come back in step. */
  readonly jitter?: number;
  /** How long one attempt may take, in milliseconds; it is retryable then. Default 0: only the call's deadline counts. */
  readonly attemptTimeoutMs?: number;
  /** Retries may add at most this share to the calls. Default 0.2, so that a failing plugin is not also flooded. */
  readonly budgetRatio?: number;
}

/** When a plugin is left alone after failures. Off unless given, and on in `Production`. */
export interface CircuitBreakerSettings {
  /** `consecutive`: after failures in a row, as go-plugins. `rate`: at a share of failures, as opossum. Default `consecutive`. */
  readonly mode?: 'consecutive' | 'rate';
  /** Failures in a row that open it (`consecutive`). Default 5. */
  readonly failureThreshold?: number;
  /** It does not open before so many calls. Default 3. */
  readonly minRequestThreshold?: number;
  /** From the last failure to the first probe, in milliseconds. Default 30,000. */
  readonly recoveryTimeoutMs?: number;
  /** Probes that must succeed to close it; at most so many run or are done (`consecutive`). Default 2. */
  readonly successThreshold?: number;
  /** The share of failures in the window that opens it, 0 to 100 (`rate`). Default 50. */
  readonly errorPercentage?: number;
  /** The window over which calls are counted, in milliseconds (`rate`). Default 10,000. */
  readonly windowMs?: number;
}

/** How many calls may pass in a time. Off unless given. */
export interface RateLimitSettings {
  /** Tokens that come back in each window; for the default window of a second, calls a second. Default 10. */
  readonly requestsPerSecond?: number;
  /** The most that can be saved up; the bucket starts full. Default 20. */
  readonly burstSize?: number;
  /** The window, in milliseconds. Default 1,000. */
  readonly timeWindowMs?: number;
  /** `reject`: over the limit is `RATELIMIT_1501` at once. `wait`: in a bounded line (needs `bottleneck`). Default `reject`. */
  readonly onLimit?: 'reject' | 'wait';
  /** How many may wait. Default 100. */
  readonly maxQueue?: number;
  /** Shares the limit between hosts; windows are fixed then and have no burst (needs `rate-limiter-flexible`). */
  readonly shared?: SharedLimitSettings;
}

/** Where hosts count together. */
export interface SharedLimitSettings {
  /** A connected client: of ioredis, iovalkey or another with the same methods, or of node-redis (4 or later). */
  readonly client: object;
  /** Hosts with the same prefix share. Default `plugboard`. */
  readonly keyPrefix?: string;
  /**
   * How long an answer may take, in milliseconds; then this host limits itself. No call waits longer for it.
   * Default 50: a store nearby answers in one or two, and a caller hardly notices 50.
   */
  readonly timeoutMs?: number;
}

/** How many calls may run at once. Off unless given. */
export interface ConcurrencySettings {
  /** Calls that run at once. Default 100. */
  readonly maxConcurrent?: number;
  /** Calls that may wait for a slot; more are refused with `PLUGIN_1212`. Default 1,000. */
  readonly maxQueue?: number;
}

/** How a plugin is watched. Off unless given, and on in `Production`. */
export interface HealthCheckSettings {
  /** From one check to the next, in milliseconds. Default 30,000. */
  readonly intervalMs?: number;
  /** How long an answer may take, in milliseconds. Default 5,000, or the interval where that is shorter. */
  readonly timeoutMs?: number;
  /** Checks in a row that may fail before the plugin is offline and is started again. Default 3. */
  readonly failureLimit?: number;
}

/** How many of a plugin run side by side, and who gets a call. */
export interface InstancesSettings {
  /** How many. Default 1. */
  readonly count?: number;
  /** `least-loaded`: who has the fewest calls. `weighted`: in proportion to `weights`. Default `least-loaded`. */
  readonly spread?: 'least-loaded' | 'weighted';
  /** A weight for each instance, for `weighted`. Default 1 for each. */
  readonly weights?: readonly number[];
}
