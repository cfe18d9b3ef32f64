import { namesOf } from './field-names.ts';
import type { Finding } from './finding.ts';
import { hostShape } from './host-schema.ts';
import { assign, moveKeys } from './moves.ts';
import { normalPlugins } from './plugin-forms.ts';
import { child, type Entry, type MapTree, type Tree } from './tree.ts';

const hostNames = new Set(Object.keys(hostShape).flatMap(namesOf));
/** Of the mail server's table, and names of go-plugins that this schema has elsewhere. */
const otherNames = [
  'plugin_path',
  'directory',
  'plugin_config',
  'executor',
  'default_retry',
  'default_rate_limit',
];

/**
 * Brings each documented form of a file to that of the schema: the mail server's `[plugins]` table among tables of its
 * own, the email platform's map of names to plugins, go-plugins' manager.
 */
export function normalForm(tree: Tree, report: (finding: Finding) => void): MapTree {
  const root = rootOf(tree, report);
  return normalPlugins(moveKeys(root, report), report);
}

function rootOf(tree: Tree, report: (finding: Finding) => void): MapTree {
  if (tree.kind === 'scalar' && tree.value === null) return { ...tree, kind: 'map', entries: [] };
  if (tree.kind !== 'map') {
    report({
      code: 'CONFIG_1703',
      at: tree.at,
      path: tree.path,
      message: 'must be a map with a key plugins',
    });
    return { kind: 'map', at: tree.at, path: tree.path, entries: [] };
  }
  const section = child(tree, 'plugins');
  if (section?.kind === 'map') return fromSection(tree, section, report);
  return isMapOfPlugins(tree) ? fromMapOfPlugins(tree) : tree;
}

/** Every table beside `[plugins]` belongs to the application. */
function fromSection(tree: MapTree, section: MapTree, report: (finding: Finding) => void): MapTree {
  const others = tree.entries.filter(({ key, value }) => value !== section && key !== '$schema');
  if (others.length === 0) return section;
  const sections: MapTree = { kind: 'map', at: tree.at, path: tree.path, entries: others };
  return assign(section, ['sections'], sections, report);
}

/** Words that only a plugin says of itself; a table without any is a slip in the name of one of ours. */
const pluginWords = [
  'enabled',
  'config',
  'options',
  'transport',
  'type',
  'command',
  'executable',
  'file',
  'endpoint',
];

function isMapOfPlugins(tree: MapTree): boolean {
  const isPlugin = ({ key, value }: Entry): boolean =>
    !hostNames.has(key) &&
    !otherNames.includes(key) &&
    pluginWords.some((word) => child(value, word) !== undefined);
  return tree.entries.length > 0 && tree.entries.every(isPlugin);
}

function fromMapOfPlugins(tree: MapTree): MapTree {
  const items = tree.entries.map(({ key, at, value }): Tree => {
    const name: Tree = { kind: 'scalar', at, path: value.path, value: key };
    const entries = value.kind === 'map' ? value.entries : [];
    return { kind: 'map', at, path: value.path, entries: [{ key: 'name', at, value: name }, ...entries] };
  });
  const plugins: Tree = { kind: 'list', at: tree.at, path: tree.path, items };
  return { ...tree, entries: [{ key: 'plugins', at: tree.at, value: plugins }] };
}
