import { checkNames, checkPlugins, type ReadPlugin } from './check-plugins.ts';
import type { Finding } from './finding.ts';
import type { HostConfig, PluginConfig } from './host-config.ts';
import { hostSchema, type HostEntry } from './host-schema.ts';
import { findingOf } from './issue.ts';
import { plugin } from './plugin-schema.ts';
import { resolveSettings, settingsShape } from './resolve.ts';
import { secretsOf } from './secrets.ts';
import type { PluginSettings, ResolvedSettings } from './settings.ts';
import { sourceOf } from './source-of.ts';
import { child, plainOf, type Tree } from './tree.ts';

/** The configuration that a tree in the words of the code says; undefined if something is wrong, which is reported. */
export function buildConfig(
  tree: Tree,
  base: PluginSettings,
  report: (finding: Finding) => void,
): HostConfig | undefined {
  const result = hostSchema.safeParse(plainOf(tree), { reportInput: true });
  const listed = child(tree, 'plugins');
  const trees = listed?.kind === 'list' ? listed.items : [];
  checkNames(trees, report);
  if (!result.success) {
    for (const issue of result.error.issues) report(findingOf(issue, tree));
    checkPlugins(trees.flatMap(readable), report);
    return undefined;
  }
  const read = result.data.plugins.map((entry, index) => ({ entry, tree: trees[index] ?? tree }));
  checkPlugins(read, report);
  if (read.length === 0 && result.data.discovery === undefined) report(nothingToRun);
  return frozen(assembled(result.data, read, tree, base));
}

const nothingToRun: Finding = {
  code: 'PLUGIN_1009',
  at: undefined,
  path: '',
  message: 'names no plugin and no directory to look for some; add plugins or discovery.directories',
};

/** An entry that is right in itself may still be wrong beside the others. */
function readable(tree: Tree): ReadPlugin[] {
  const { data } = plugin.safeParse(plainOf(tree));
  return data === undefined ? [] : [{ entry: data, tree }];
}

function assembled(
  host: HostEntry,
  read: readonly ReadPlugin[],
  tree: Tree,
  base: PluginSettings,
): HostConfig {
  const { $schema: _, connection: __, ...fields } = host;
  const { timeoutMs } = host;
  const defaults = { ...base, ...settingsIn(child(tree, 'defaults')) };
  const plugins = read.map((one) => {
    const settings = resolveSettings({ ...defaults, ...settingsIn(one.tree) }, one.entry.name, timeoutMs);
    return pluginConfig(one, host, settings);
  });
  return {
    ...fields,
    defaults: resolveSettings(defaults, 'defaults', timeoutMs),
    plugins,
    secrets: secretsOf(tree),
  };
}

/** The settings that a map gives, without any default. */
function settingsIn(tree: Tree | undefined): PluginSettings {
  if (tree?.kind !== 'map') return {};
  const given = tree.entries.filter(({ key }) => Object.hasOwn(settingsShape, key));
  return Object.fromEntries(given.map(({ key, value }) => [key, plainOf(value)]));
}

function pluginConfig(
  { entry, tree }: ReadPlugin,
  host: HostEntry,
  settings: ResolvedSettings,
): PluginConfig {
  const { name, type, enabled, version, auth, dependencies, labels, annotations } = entry;
  return {
    name,
    type,
    enabled,
    version,
    source: sourceOf(entry, tree, () => {}), // what is wrong with it was said by checkPlugins
    auth,
    connection: entry.connection ?? host.connection,
    dependencies,
    settings,
    labels,
    annotations,
  };
}

/** Frozen to its last leaf; classes are left alone. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
