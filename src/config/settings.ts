import type { FailureRule } from '../core/failure-rule.ts';
import type { LogLevel } from '../core/logger.ts';
import type {
  CircuitBreakerSettings,
  ConcurrencySettings,
  HealthCheckSettings,
  InstancesSettings,
  RateLimitSettings,
  RestartSettings,
  RetrySettings,
  SharedLimitSettings,
} from './policies.ts';

/** What can be set for one plugin. */
export interface PluginSettings<Service extends string = string> {
  /** How long a call may take, retries included, in milliseconds. Default, and for 0: the manager's. */
  readonly timeoutMs?: number;
  /** `eager`: `build` starts it and fails if it cannot. `lazy`: the first call starts it. Default `eager`: errors show early. */
  readonly start?: 'eager' | 'lazy';
  /** From the start to the end of the handshake, in milliseconds. Default 30,000, as go-plugins. */
  readonly startTimeoutMs?: number;
  /** For running calls when the plugin is drained, in milliseconds. Default 30,000, as go-plugins. */
  readonly drainTimeoutMs?: number;
  /**
   * From one replacement of the plugin by new instances to the next, in milliseconds; one that comes sooner is refused
   * with `PLUGIN_1213`, or made later where a watch brings it. Default 0: nobody is kept from mending a plugin.
   */
  readonly reloadCooldownMs?: number;
  readonly restart?: RestartSettings;
  readonly retry?: RetrySettings | false;
  readonly circuitBreaker?: CircuitBreakerSettings | false;
  readonly rateLimit?: RateLimitSettings | false;
  readonly concurrency?: ConcurrencySettings | false;
  readonly healthCheck?: HealthCheckSettings | false;
  /** How many run side by side; a number alone is `{ count }`. */
  readonly instances?: number | InstancesSettings;
  /** Handed to the plugin when it starts, as it was when it was given; `reconfigure` brings what has changed since. */
  readonly config?: unknown;
  /** Its records below this level are dropped. Default: the manager's, from `withLogLevel`. */
  readonly logLevel?: LogLevel;
  /** Of plugins that answer the same hook, the lower comes first. Default 1, as go-plugins. */
  readonly priority?: number;
  /** What its failure means for hooks that several plugins answer. Default: what each hook says. */
  readonly onFailure?: FailureRule;
  /** The same two for single hooks, by their names. */
  readonly hooks?: Readonly<Record<string, HookSettings>>;
  /** The host services it may call. Default none. */
  readonly services?: readonly Service[];
}

/** What can be set for one hook of one plugin; what is not given here is the plugin's. */
export interface HookSettings {
  /** For this hook. Default: the plugin's. */
  readonly priority?: number | undefined;
  /** For this hook. Default: the plugin's, else the hook's. */
  readonly onFailure?: FailureRule | undefined;
}

type Filled<T> = { readonly [K in keyof Required<T>]: Exclude<Required<T>[K], undefined> };

/** Settings with every default filled in; a policy that is off is undefined. */
export interface ResolvedSettings {
  readonly timeoutMs: number;
  readonly start: 'eager' | 'lazy';
  readonly startTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly reloadCooldownMs: number;
  readonly restart: Filled<RestartSettings>;
  /** Off is a `maxRetries` of 0; the waits then serve calls that ask for retries themselves. */
  readonly retry: Filled<RetrySettings>;
  readonly circuitBreaker: Filled<CircuitBreakerSettings> | undefined;
  readonly rateLimit: ResolvedRateLimit | undefined;
  readonly concurrency: Filled<ConcurrencySettings> | undefined;
  readonly healthCheck: Filled<HealthCheckSettings> | undefined;
  readonly instances: ResolvedInstances;
  readonly config: unknown;
  readonly logLevel: LogLevel | undefined;
  readonly priority: number;
  readonly onFailure: FailureRule | undefined;
  readonly hooks: Readonly<Record<string, HookSettings>>;
  readonly services: readonly string[];
}

/** A rate limit with its defaults. */
export type ResolvedRateLimit = Omit<Filled<RateLimitSettings>, 'shared'> & {
  readonly shared: Filled<SharedLimitSettings> | undefined;
};

/** Instances with their defaults. */
export type ResolvedInstances = Omit<Filled<InstancesSettings>, 'weights'> & {
  readonly weights: readonly number[] | undefined;
};
