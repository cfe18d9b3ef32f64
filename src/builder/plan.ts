import type { WhitelistOptions } from '../../security/gate/options.ts';
import type { PluginSettings } from '../config/settings.ts';
import type { HostConfig } from '../config/host-config.ts';
import type { ConfigReading } from '../config/parse.ts';
import type { Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import type { Gate } from '../core/gate.ts';
import { type Logger, type LogLevel } from '../core/logger.ts';
import type { MetricsExporter } from '../core/metrics-exporter.ts';
import type { TracingOptions } from '../core/tracer.ts';
import type { ServiceFunction } from '../manager/shared.ts';
import type { Registration } from '../manager/parts.ts';

/** What a builder has been told, as plain data. */
export interface Plan {
  readonly contract: Contract;
  readonly plugins: readonly Registration[];
  readonly services: Readonly<Record<string, ServiceFunction>>;
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly logLevel: LogLevel | undefined;
  readonly metrics: boolean;
  readonly exporters: readonly MetricsExporter[];
  readonly tracing: TracingOptions | undefined;
  /** Stands before every start: a gate, or the whitelist to make one of. */
  readonly security: Gate | string | WhitelistOptions | undefined;
  /** What plugins are set to where they say nothing themselves. */
  readonly defaults: PluginSettings;
  readonly fallbacks: Readonly<Record<string, string>>;
  /** Whether SIGTERM and SIGINT shut the manager down. */
  readonly signals: boolean;
  readonly clock: Clock | undefined;
  /** A file or what stands in one: more plugins, and how the host is. */
  readonly config: string | object | undefined;
  readonly configReading?: ConfigReading;
  /** What the configuration said when the host was built. */
  readonly hostConfig?: HostConfig;
  /** Where `Auto` looks for plugins. */
  readonly discovery: DiscoveryPlan | undefined;
}

/** What `Auto` was told to look for. */
export interface DiscoveryPlan {
  readonly directories: readonly string[];
  readonly patterns: readonly string[];
  readonly exclude: readonly string[];
  readonly maxDepth: number | undefined;
  readonly watch: boolean;
}
