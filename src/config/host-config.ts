import type { LogLevel } from '../core/logger.ts';
import type { AuthConfig } from './auth.ts';
import type { DiscoveryConfig, MetricsConfig, SecurityConfig, TracingConfig } from './host-parts.ts';
import type { Secrets } from './secrets.ts';
import type { ResolvedSettings } from './settings.ts';
import type { SourceConfig } from './source.ts';

/** A whole host as its configuration says it, with every default filled in. Deeply frozen plain data. */
export interface HostConfig {
  /** For calls of plugins that set no time of their own, retries included, in milliseconds. Default 30,000. */
  readonly timeoutMs: number;
  /** The least level that is logged. Default `info`. */
  readonly logLevel: LogLevel;
  /** Where plugins may keep their files. Default `./data/plugins`, as the email platform. */
  readonly dataFolder: string;
  /** What plugins are set to where they say nothing themselves, and those that discovery finds. */
  readonly defaults: ResolvedSettings;
  /** In the order of the file; names are unique. */
  readonly plugins: readonly PluginConfig[];
  /** Where plugins are looked for. Without it nowhere. */
  readonly discovery: DiscoveryConfig | undefined;
  /** What may run. Without it the host's code decides. */
  readonly security: SecurityConfig | undefined;
  /** Where numbers go. Without it the host's code decides. */
  readonly metrics: MetricsConfig | undefined;
  /** Spans around calls. Without it the host's code decides. */
  readonly tracing: TracingConfig | undefined;
  readonly reload: ReloadConfig;
  readonly limits: LimitsConfig;
  /** Where plugins are installed from. Without it nowhere. */
  readonly marketplace: MarketplaceConfig | undefined;
  /** Tables of the file that belong to the application, as they are; only beside a `[plugins]` table. */
  readonly sections: Readonly<Record<string, unknown>>;
  /** Which strings came from a secret file; what prints a configuration asks it first. */
  readonly secrets: Secrets;
}

/** One plugin of a host. */
export interface PluginConfig {
  /** Unique: 1 to 64 letters, digits, and `.`, `_`, `-` inside. */
  readonly name: string;
  /** What kind of plugin it is, for the whitelist; of `subprocess`, `worker`, `grpc` and `go-plugin` also its transport. */
  readonly type: string | undefined;
  /** A disabled plugin is known but not registered. Default true. */
  readonly enabled: boolean;
  /** The versions of the plugin that are accepted, as a range of npm's semver: `^1.2.0`. Without it any. */
  readonly version: string | undefined;
  /** Undefined where the file names only the plugin: code registers it, or discovery finds it. */
  readonly source: SourceConfig | undefined;
  readonly auth: AuthConfig;
  /** For plugins over a network. */
  readonly connection: ConnectionConfig;
  /** Plugins that run before this one starts. */
  readonly dependencies: readonly DependencyConfig[];
  /** The plugin's own over the file's defaults, over the host's; `settings.config` is the plugin's own configuration. */
  readonly settings: ResolvedSettings;
  /** For people and tools; the host does nothing with it. */
  readonly labels: Readonly<Record<string, string>>;
  /** For people and tools; the host does nothing with it. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** A plugin that another needs. */
export interface DependencyConfig {
  /** The other's name. */
  readonly name: string;
  /** The versions that will do, as a range of npm's semver. Default `*`. */
  readonly version: string;
  /** Whether the plugin starts without it, too. Default false. */
  readonly optional: boolean;
}

/**
 * How connections over a network are kept: those of gRPC. Names are those of go-plugins, and defaults where nothing else
 * is said.
 */
export interface ConnectionConfig {
  /** How many there may be at once; another is made where each has 100 calls under way. 0 for one. Default 10. */
  readonly maxConnections: number;
  /** How many of them are kept without a call; the first always is. Default 5. */
  readonly maxIdleConnections: number;
  /** How long those are kept, in milliseconds; 0 for no end. Default 30,000. */
  readonly idleTimeoutMs: number;
  /** For the connection to be there, in milliseconds. 0 for the transport's own, the same. Default 10,000. */
  readonly connectionTimeoutMs: number;
  /**
   * How long one request may take, in milliseconds, where the plugin's `timeout` leaves more; 0 for all of that. Default
   * 0: go-plugins' 30,000 would cut a longer `timeout` off.
   */
  readonly requestTimeoutMs: number;
  /** Whether a silent connection is asked whether it lives. Default true. */
  readonly keepAlive: boolean;
  /**
   * Whether messages to the plugin are sent as they are, not by gzip. Default true, unlike go-plugins: gzip takes both
   * ends time for each message.
   */
  readonly disableCompression: boolean;
}

/** What happens when the configuration changes. */
export interface ReloadConfig {
  /** Whether the file is watched. Default false. */
  readonly watch: boolean;
  /** Looks at the file so often too, in milliseconds, for file systems that send no events. Default 0: never. */
  readonly intervalMs: number;
  /** Default `graceful`. */
  readonly strategy: 'recreate' | 'graceful' | 'rolling';
  /** For running calls of plugins that are removed, in milliseconds; one that is replaced has its own `drain_timeout`. Default 30,000. */
  readonly drainTimeoutMs: number;
}

/** What a plugin may use. What is not given has no limit. */
export interface LimitsConfig {
  /** In bytes. */
  readonly maxMemoryBytes: number | undefined;
  /** Processor time of one call, in milliseconds; not its time on the clock, which is `timeoutMs`. */
  readonly maxCpuTimeMs: number | undefined;
  /** The largest file a plugin may write, in bytes. */
  readonly maxFileBytes: number | undefined;
}

/** Where plugins are installed from. */
export interface MarketplaceConfig {
  /** Without it nothing is installed. */
  readonly url: string | undefined;
  /** Default false. */
  readonly autoUpdate: boolean;
  /** In milliseconds. Default a day. */
  readonly updateCheckIntervalMs: number;
}
