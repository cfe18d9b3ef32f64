import { isDeepStrictEqual } from 'node:util';

import type { ConfigDiff, FieldChange } from '../config/diff.ts';
import type { HostConfig, PluginConfig } from '../config/host-config.ts';
import { resolveConfig } from '../config/parse.ts';
import { messageOf } from '../core/errors.ts';
import type { Manifest } from '../discovery/manifest.ts';
import { scan, type FoundPlugin } from '../discovery/scan.ts';
import type { ScanProblem } from '../discovery/problem.ts';
import { hostRefusal } from '../discovery/versions.ts';
import type { Discovery } from './events.ts';

/** Manifests by the names of their plugins. */
export type Manifests = ReadonlyMap<string, Manifest>;

/** A configuration with the plugins that discovery has found, and what was wrong with others. */
export interface Discovered {
  readonly config: HostConfig;
  /** What the manifests say, by name, in the order they were found. */
  readonly manifests: Manifests;
  readonly problems: readonly ScanProblem[];
}

/** Looks for plugins where a configuration says so. What an entry of the configuration says wins over a manifest. */
export async function discover(config: HostConfig): Promise<Discovered> {
  if (config.discovery === undefined) return { config, manifests: new Map(), problems: [] };
  const { found, problems } = await scan(config.discovery);
  const usable: FoundPlugin[] = [];
  const all = [...problems];
  for (const plugin of found) {
    const why = problemOf(plugin);
    if (why === undefined) usable.push(plugin);
    else all.push({ severity: 'error', path: plugin.manifestPath, message: why });
  }
  const byName = new Map(usable.map((plugin) => [plugin.name, plugin]));
  const named = config.plugins.map((entry) => filled(entry, byName.get(entry.name)));
  const names = new Set(named.map(({ name }) => name));
  const added = usable.filter(({ name }) => !names.has(name)).flatMap((plugin) => entriesOf(plugin, config));
  return {
    config: { ...config, plugins: [...named, ...added] },
    manifests: new Map(usable.map(({ name, manifest }) => [name, manifest])),
    problems: all,
  };
}

/** What another look has brought: the names that came, whose manifests say something else, and that went. */
export function news(before: Manifests, after: Manifests): Pick<Discovery, 'added' | 'updated' | 'removed'> {
  const names = [...after.keys()];
  return {
    added: names.filter((name) => !before.has(name)),
    updated: names.filter(
      (name) => before.has(name) && !isDeepStrictEqual(before.get(name), after.get(name)),
    ),
    removed: [...before.keys()].filter((name) => !after.has(name)),
  };
}

/** A plan in which a plugin is replaced, too, whose manifest has another version: its program is another then. */
export function withVersions(diff: ConfigDiff, before: Manifests, after: Manifests): ConfigDiff {
  const isOther = (name: string): boolean =>
    before.has(name) && before.get(name)?.version !== after.get(name)?.version;
  const field = (name: string): FieldChange => ({
    path: 'manifest.version',
    before: before.get(name)?.version,
    after: after.get(name)?.version,
  });
  const changed = diff.changed.map((change) =>
    isOther(change.name)
      ? { ...change, fields: [...change.fields, field(change.name)], structural: true }
      : change,
  );
  const others = diff.unchanged.filter(isOther);
  return {
    ...diff,
    changed: [...changed, ...others.map((name) => ({ name, fields: [field(name)], structural: true }))],
    unchanged: diff.unchanged.filter((name) => !isOther(name)),
  };
}

function problemOf({ name, manifest, source }: FoundPlugin): string | undefined {
  if (source === undefined) return 'its manifest does not say how it is started. Give it a transport.';
  const refusal = hostRefusal(name, manifest.requirements.host);
  return refusal === undefined ? undefined : messageOf(refusal);
}

function filled(entry: PluginConfig, plugin: FoundPlugin | undefined): PluginConfig {
  if (entry.source !== undefined || plugin === undefined) return entry;
  const dependencies = [...plugin.manifest.requirements.plugins, ...entry.dependencies];
  return { ...entry, source: plugin.source, dependencies };
}

function entriesOf({ name, manifest, source }: FoundPlugin, config: HostConfig): readonly PluginConfig[] {
  const named = resolveConfig({ plugins: [{ name }] }, { env: {} });
  const { plugins: dependencies } = manifest.requirements;
  return named.plugins.map((plugin) => ({ ...plugin, source, dependencies, settings: config.defaults }));
}
