import type { PluginSettings } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import type { Gate } from '../core/gate.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import type { PluginSource } from '../core/transport.ts';
import type { SourceFactory } from './config-changes.ts';
import type { ServiceFunction } from './shared.ts';
import type { TracerMaker } from './tracing.ts';

/** What a manager is made of. */
export interface ManagerParts {
  readonly contract: Contract;
  readonly services: Readonly<Record<string, ServiceFunction>>;
  /** For calls of plugins that set no time of their own, in milliseconds. */
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly clock?: Clock | undefined;
  readonly metrics?: Metrics | undefined;
  /** Makes sources of what a configuration says. */
  readonly sourceOf: SourceFactory;
  readonly makeTracer: TracerMaker;
  /** Stands before every start. */
  readonly gate?: Gate | undefined;
  /** What plugins are set to where they say nothing themselves. */
  readonly defaults: PluginSettings;
  /** Plugins to the ones that are asked when they cannot answer. */
  readonly fallbacks: Readonly<Record<string, string>>;
}

/** A plugin to be registered, as the builder keeps it. */
export interface Registration {
  readonly name: string;
  readonly source: PluginSource;
  readonly settings: PluginSettings;
}
