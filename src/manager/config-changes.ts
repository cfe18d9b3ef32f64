import { satisfies } from 'semver';

import type { HostConfig, PluginConfig } from '../config/host-config.ts';
import type { SourceConfig } from '../config/source.ts';
import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { PluginSource } from '../core/transport.ts';
import type { Preparation } from './change-set.ts';
import type { InfoCheck } from './entry.ts';
import type { Registry } from './registry.ts';
import type { ReplaceStrategy } from './takeover.ts';

/** Makes the source of a plugin that a configuration describes. */
export type SourceFactory = (plugin: PluginConfig, source: SourceConfig) => PluginSource;

/** What a configured plugin needs to become a running one. */
export interface Workshop {
  readonly registry: Registry;
  readonly sourceOf: SourceFactory;
}

/** A plugin that a configuration says how to reach, and has not turned off. */
export type RunnablePlugin = PluginConfig & { readonly source: SourceConfig };

/** The plugins of a configuration that are to run. */
export function runnable(config: HostConfig | undefined): readonly RunnablePlugin[] {
  const isRunnable = (plugin: PluginConfig): plugin is RunnablePlugin =>
    plugin.enabled && plugin.source !== undefined;
  return (config?.plugins ?? []).filter(isRunnable);
}

/** Registers and starts a plugin that is new; abandoned, it is as if it had never been named. */
export function addition(plugin: RunnablePlugin, { registry, sourceOf }: Workshop): Preparation {
  return async () => {
    const { name, settings } = plugin;
    registry.checkServices(name, settings);
    const entry = await registry.open(name, sourceOf(plugin, plugin.source), settings, versionCheck(plugin));
    return {
      commit: async () => ({ cancelled: 0, durationMs: 0 }),
      abandon: async () => void (await registry.remove(entry, 0)),
    };
  };
}

/** Gives a running plugin another form: in place where nothing structural has changed. */
export function alteration(
  plugin: PluginConfig,
  isStructural: boolean,
  strategy: ReplaceStrategy,
  { registry, sourceOf }: Workshop,
): Preparation {
  return async () => {
    const { name, settings } = plugin;
    registry.checkServices(name, settings);
    const entry = registry.get(name);
    const source =
      isStructural && plugin.source !== undefined ? sourceOf(plugin, plugin.source) : entry.source;
    return entry.prepare({ source, settings, strategy, inPlace: !isStructural, check: versionCheck(plugin) });
  };
}

/** Refuses a plugin of a version that the configuration does not accept. */
function versionCheck({ name, version: range }: PluginConfig): InfoCheck {
  return (info) => {
    if (range === undefined || satisfies(info.version, range)) return;
    const message = `it is version ${printable(info.version, 40)}, but the configuration accepts ${printable(range, 80)}. Install such a version, or change the range.`;
    throw new PluginError('PLUGIN_1001', { plugin: name, message });
  };
}
