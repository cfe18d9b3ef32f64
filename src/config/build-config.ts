import { checkPlugins } from './check-plugins.ts';
import type { Finding } from './finding.ts';
import type { HostConfig, PluginConfig } from './host-config.ts';
import { hostSchema, type HostEntry } from './host-schema.ts';
import { findingOf } from './issue.ts';
import type { PluginEntry } from './plugin-schema.ts';
import { resolveSettings, settingsShape } from './resolve.ts';
import { secretsOf } from './secrets.ts';
import type { PluginSettings, ResolvedSettings } from './settings.ts';
import { sourceOf } from './source-of.ts';
import { child, locate, plainOf, type Tree } from './tree.ts';

/** The configuration that a tree in the words of the code says; undefined if something is wrong, which is reported. */
export function buildConfig(
  tree: Tree,
  base: PluginSettings,
  report: (finding: Finding) => void,
): HostConfig | undefined {
  const result = hostSchema.safeParse(plainOf(tree), { reportInput: true });
  if (!result.success) {
    for (const issue of result.error.issues) report(findingOf(issue, tree));
    return undefined;
  }
  checkPlugins(result.data, tree, report);
  return frozen(assembled(result.data, tree, base, report));
}

function assembled(
  host: HostEntry,
  tree: Tree,
  base: PluginSettings,
  report: (finding: Finding) => void,
): HostConfig {
  const { timeoutMs, logLevel, dataFolder, discovery, security, metrics, tracing } = host;
  const { reload, limits, marketplace, sections } = host;
  const defaults = { ...base, ...settingsIn(child(tree, 'defaults')) };
  const plugins = host.plugins.map((entry, index) => {
    const here = locate(tree, ['plugins', index]);
    const settings = resolveSettings({ ...defaults, ...settingsIn(here) }, entry.name, timeoutMs);
    return pluginConfig(entry, host, settings, sourceOf(entry, here, report));
  });
  return {
    ...{ timeoutMs, logLevel, dataFolder },
    defaults: resolveSettings(defaults, 'defaults', timeoutMs),
    plugins,
    ...{ discovery, security, metrics, tracing, reload, limits, marketplace, sections },
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
  entry: PluginEntry,
  host: HostEntry,
  settings: ResolvedSettings,
  source: PluginConfig['source'],
): PluginConfig {
  const { name, type, enabled, priority, version, auth, dependencies, labels, annotations } = entry;
  const connection = entry.connection ?? host.connection;
  return {
    ...{ name, type, enabled, priority, version, source, auth, connection, dependencies },
    ...{ settings, labels, annotations },
  };
}

/** Frozen to its last leaf; classes are left alone. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
