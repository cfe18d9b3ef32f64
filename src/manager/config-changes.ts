import type { ConfigDiff } from '../config/diff.ts';
import type { HostConfig, PluginConfig } from '../config/host-config.ts';
import type { SourceConfig } from '../config/source.ts';
import type { PluginSource } from '../core/transport.ts';
import { orderError, startOrder } from '../discovery/start-order.ts';
import { versionRefusal } from '../discovery/versions.ts';
import type { ChangeSet, Preparation } from './change-set.ts';
import type { Entry } from './entry.ts';
import type { InfoCheck } from './starting.ts';
import type { Registry } from './registry.ts';
import type { Shared } from './shared.ts';
import type { ReplaceStrategy } from './takeover.ts';

/** Makes the source of a plugin that a configuration describes. */
export type SourceFactory = (plugin: PluginConfig, source: SourceConfig) => PluginSource;

/** What a configured plugin needs to become a running one. */
export interface Workshop {
  readonly registry: Registry;
  readonly shared: Shared;
  readonly sourceOf: SourceFactory;
}

type RunnablePlugin = PluginConfig & { readonly source: SourceConfig };

/**
 * What has to be done so that one configuration becomes another.
 * @throws {PluginError} `REGISTRY_1901` for dependencies that are missing, do not fit or go in a circle; `PLUGIN_1213`
 * for a plugin that was replaced only just now.
 */
export function changesOf(
  diff: ConfigDiff,
  before: HostConfig | undefined,
  next: HostConfig,
  workshop: Workshop,
): ChangeSet {
  const { strategy, drainTimeoutMs } = next.reload;
  const { registry } = workshop;
  checkCooldowns(diff, registry);
  const isAdded = ({ name }: PluginConfig): boolean => diff.added.includes(name);
  const groups = startGroups(next, registry).map((group) =>
    group.filter(isAdded).map((plugin) => addition(plugin, workshop)),
  );
  const alter = (isVisible: boolean): Preparation[] =>
    diff.changed
      .filter(({ name }) => registry.find(name) !== undefined)
      .filter(({ structural }) => (structural && strategy !== 'graceful') === isVisible)
      .flatMap(({ name, structural }) =>
        pluginsNamed(name, next).map((plugin) => alteration(plugin, structural, strategy, workshop)),
      );
  const named = registeredByCode(next.plugins.filter(isAdded), workshop);
  const settled = named.map((plugin) => alteration(plugin, false, strategy, workshop));
  return {
    groups: [...groups, [...settled, ...alter(false)]],
    visible: alter(true),
    removals: goneOf(diff, before, registry).map((entry) => async () => {
      const { cancelled } = await registry.remove(entry, drainTimeoutMs);
      return cancelled;
    }),
  };
}

/** Before anything starts: what waits for one plugin is not to start others again and again. */
function checkCooldowns({ changed }: ConfigDiff, registry: Registry): void {
  for (const { name } of changed.filter(({ structural }) => structural)) {
    const refusal = registry.find(name)?.cooling;
    if (refusal !== undefined) throw refusal;
  }
}

/** Plugins side by side, after those they depend on. What code has registered is there already. */
function startGroups(next: HostConfig, registry: Registry): readonly (readonly RunnablePlugin[])[] {
  const plugins = runnable(next);
  const names = new Set(plugins.map(({ name }) => name));
  const there = registry.entries.filter(({ name }) => !names.has(name));
  const order = startOrder([
    ...there.map(({ name, view }) => ({ name, version: view.info?.version, dependencies: [] })),
    ...plugins.map(({ name, dependencies }) => ({ name, dependencies })),
  ]);
  const problem = orderError(order);
  if (problem !== undefined) throw problem;
  return order.waves.map((wave) => plugins.filter(({ name }) => wave.includes(name)));
}

/** The plugins of a configuration that are to run, and of which it says where they are. */
function runnable(config: HostConfig | undefined): readonly RunnablePlugin[] {
  const isRunnable = (plugin: PluginConfig): plugin is RunnablePlugin =>
    plugin.enabled && plugin.source !== undefined;
  return (config?.plugins ?? []).filter(isRunnable);
}

function pluginsNamed(name: string, { plugins }: HostConfig): readonly PluginConfig[] {
  return plugins.filter((plugin) => plugin.name === name);
}

/** What the configuration brought and names no more; what code has registered stays. */
function goneOf(
  { removed }: ConfigDiff,
  before: HostConfig | undefined,
  registry: Registry,
): readonly Entry[] {
  const own = runnable(before).filter(({ name }) => removed.includes(name));
  return own.flatMap(({ name }) => registry.find(name) ?? []);
}

/** Plugins that code has registered, and for which the configuration has settings only. */
function registeredByCode(
  added: readonly PluginConfig[],
  { registry, shared }: Workshop,
): readonly PluginConfig[] {
  const named = added.filter(({ source }) => source === undefined);
  for (const { name } of named.filter((plugin) => registry.find(plugin.name) === undefined)) {
    const message = 'the configuration names it but not where it is, and no code has registered it';
    shared.logger.warn(message, { plugin: name });
  }
  return named.filter(({ name }) => registry.find(name) !== undefined);
}

/** Registers and starts a plugin that is new; abandoned, it is as if it had never been named. */
function addition(plugin: RunnablePlugin, { registry, sourceOf }: Workshop): Preparation {
  return async () => {
    const { name, settings } = plugin;
    registry.checkServices(name, settings);
    checkDependencies(plugin, registry);
    const entry = await registry.open(name, sourceOf(plugin, plugin.source), settings, versionCheck(plugin));
    return {
      commit: async () => ({ cancelled: 0, durationMs: 0 }),
      abandon: async () => void (await registry.remove(entry, 0)),
    };
  };
}

/** What it needs has started by now, and says its version. */
function checkDependencies({ dependencies }: PluginConfig, registry: Registry): void {
  for (const { name, version: range, optional } of dependencies) {
    const version = registry.find(name)?.view.info?.version;
    const refusal = version === undefined ? undefined : versionRefusal(name, version, range);
    if (refusal !== undefined && !optional) throw refusal;
  }
}

/** Gives a running plugin another form: in place where nothing structural has changed. */
function alteration(
  plugin: PluginConfig,
  isStructural: boolean,
  strategy: ReplaceStrategy,
  { registry, sourceOf }: Workshop,
): Preparation {
  return async () => {
    const { name, settings } = plugin;
    registry.checkServices(name, settings);
    const entry = registry.get(name);
    const source = isStructural && plugin.source !== undefined ? sourceOf(plugin, plugin.source) : undefined;
    return entry.prepare({ source, settings, strategy, inPlace: !isStructural, check: versionCheck(plugin) });
  };
}

/** Refuses a plugin of a version that the configuration does not accept. */
function versionCheck({ name, version: range }: PluginConfig): InfoCheck {
  return (info) => {
    const refusal = range === undefined ? undefined : versionRefusal(name, info.version, range);
    if (refusal !== undefined) throw refusal;
  };
}
