import type { ConfigReading } from '../config/parse.ts';
import type { PluginSettings } from '../config/settings.ts';
import type { PluginSource } from '../core/transport.ts';
import type { SourceFactory } from './config-changes.ts';
import type { SharedParts } from './make-shared.ts';

/** What a manager is made of. */
export interface ManagerParts extends SharedParts {
  /** For calls of plugins that set no time of their own, in milliseconds. */
  readonly timeoutMs: number;
  /** Makes sources of what a configuration says. */
  readonly sourceOf: SourceFactory;
  /** How configurations are read. */
  readonly configReading?: ConfigReading;
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
