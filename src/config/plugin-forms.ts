import { namesOf } from './field-names.ts';
import type { Finding } from './finding.ts';
import { child, type Entry, type ListTree, type MapTree, type ScalarTree, type Tree } from './tree.ts';

type Report = (finding: Finding) => void;

/** Plugins as the schema has them: a name alone is a map, `plugin_config` is each plugin's own, pairs are maps. */
export function normalPlugins(root: MapTree, report: Report): MapTree {
  const listed = child(root, 'plugins');
  const switchValue = child(root, 'enabled');
  const configs = child(root, 'plugin_config') ?? child(root, 'pluginConfig');
  const names = switchValue?.kind === 'list' ? switchValue.items : [];
  const own = listed?.kind === 'list' ? listed.items : [];
  if (listed !== undefined && listed.kind !== 'list') return root; // the schema says what it must be
  const isOff = switchValue?.kind === 'scalar' && switchValue.value === false;
  let items = [...own, ...names].map((item) => normalPlugin(item, isOff));
  if (configs?.kind === 'map') items = withConfigs(items, configs, report);
  const kept = root.entries.filter(({ value }) => ![listed, usable(switchValue), configs].includes(value));
  if (items.length === 0) return { ...root, entries: kept };
  const plugins: ListTree = { kind: 'list', at: listed?.at, path: listed?.path ?? root.path, items };
  return { ...root, entries: [...kept, { key: 'plugins', at: listed?.at, value: plugins }] };
}

/** `enabled` may be true, false, or a list of names; anything else is left for the schema to refuse. */
function usable(tree: Tree | undefined): Tree | undefined {
  return tree?.kind === 'list' || (tree?.kind === 'scalar' && typeof tree.value === 'boolean')
    ? tree
    : undefined;
}

function normalPlugin(item: Tree, isOff: boolean): Tree {
  const entry = item.kind === 'scalar' ? named(item) : item;
  if (entry.kind !== 'map') return entry;
  const entries = entry.entries.map((part) => {
    const field = fields.find((name) => namesOf(name).includes(part.key));
    if (field === 'env') return { ...part, value: pairs(part.value) };
    return field === 'dependencies' ? { ...part, value: dependencies(part.value) } : part;
  });
  if (!isOff) return { ...entry, entries };
  const off: Entry = { key: 'enabled', at: entry.at, value: { ...entry, kind: 'scalar', value: false } };
  return { ...entry, entries: [...entries.filter(({ key }) => key !== 'enabled'), off] };
}

const fields = ['env', 'dependencies'];

function named(item: ScalarTree): MapTree {
  return { kind: 'map', at: item.at, path: item.path, entries: [{ key: 'name', at: item.at, value: item }] };
}

/** `["LOG_LEVEL=info"]`, as Go writes an environment, as a map; a text without = is left for the schema to refuse. */
function pairs(tree: Tree): Tree {
  if (tree.kind !== 'list') return tree;
  const entries: Entry[] = [];
  for (const item of tree.items) {
    const text = item.kind === 'scalar' && typeof item.value === 'string' ? item.value : '';
    const cut = text.indexOf('=');
    if (item.kind !== 'scalar' || cut < 1) return tree;
    const value = { ...item, value: text.slice(cut + 1), ...templateFrom(item.template) };
    entries.push({ key: text.slice(0, cut), at: item.at, value });
  }
  return { kind: 'map', at: tree.at, path: tree.path, entries };
}

function templateFrom(template: string | undefined): { template?: string } {
  return template === undefined ? {} : { template: template.slice(template.indexOf('=') + 1) };
}

/** `auth@^1.2.0`, or the name alone, as a map. */
function dependencies(tree: Tree): Tree {
  if (tree.kind !== 'list') return tree;
  const items = tree.items.map((item): Tree => {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') return item;
    const cut = item.value.indexOf('@');
    const map = named({ ...item, value: cut < 1 ? item.value : item.value.slice(0, cut) });
    if (cut < 1) return map;
    const version: Entry = {
      key: 'version',
      at: item.at,
      value: { ...item, value: item.value.slice(cut + 1) },
    };
    return { ...map, entries: [...map.entries, version] };
  });
  return { ...tree, items };
}

function withConfigs(items: readonly Tree[], configs: MapTree, report: Report): Tree[] {
  const left = new Map(configs.entries.map((entry) => [entry.key, entry]));
  const made = items.map((item): Tree => {
    const name = child(item, 'name');
    const config = name?.kind === 'scalar' ? left.get(String(name.value)) : undefined;
    if (config === undefined || item.kind !== 'map') return item;
    left.delete(config.key);
    return { ...item, entries: [...item.entries, { ...config, key: 'config' }] };
  });
  for (const { at, key, value } of left.values()) {
    report({ code: 'CONFIG_1703', at, path: value.path, message: `plugins names no '${key}'; add it there` });
  }
  return made;
}
