import { namesOf } from './field-names.ts';
import type { Finding } from './finding.ts';
import { below, type Entry, type MapTree, type Tree } from './tree.ts';

type Report = (finding: Finding) => void;

/** Keys of the documents and the field that each of them sets. */
const moves: Readonly<Record<string, readonly string[]>> = {
  default_retry: ['defaults', 'retry'],
  default_circuit_breaker: ['defaults', 'circuitBreaker'],
  default_health_check: ['defaults', 'healthCheck'],
  default_rate_limit: ['defaults', 'rateLimit'],
  default_connection: ['connection'],
  metrics_port: ['metrics', 'prometheus', 'port'],
  plugin_path: ['discovery', 'directories'],
  directory: ['discovery', 'directories'],
  auto_reload: ['reload', 'watch'],
  reload_interval: ['reload', 'intervalMs'],
  health_check_interval: ['defaults', 'healthCheck', 'intervalMs'],
  'executor.timeout': ['timeoutMs'],
  'executor.max_concurrent': ['defaults', 'concurrency', 'maxConcurrent'],
};

/** Keys of the documents at the top of a file, for those who describe files. */
export const documentKeys: readonly string[] = [
  ...Object.keys(moves).filter((key) => !key.includes('.')),
  'enabled',
  'executor',
  'plugin_config',
];

/** The tree with every key of the documents where the schema has it. */
export function moveKeys(root: MapTree, report: Report): MapTree {
  let moved: MapTree = { ...root, entries: root.entries.filter((entry) => targetOf(entry) === undefined) };
  moved = takeExecutor(moved, report);
  for (const entry of root.entries) {
    const target = targetOf(entry);
    if (target !== undefined) moved = assign(moved, target, shaped(target, entry.value), report);
  }
  return moved;
}

function targetOf({ key }: Entry): readonly string[] | undefined {
  const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.hasOwn(moves, name) ? moves[name] : undefined;
}

function shaped(target: readonly string[], value: Tree): Tree {
  if (target.at(-1) !== 'directories' || value.kind === 'list') return value;
  return { kind: 'list', at: value.at, path: value.path, items: [value] };
}

/** The mail server's executor: two of its fields are ours, the third cannot be turned off. */
function takeExecutor(root: MapTree, report: Report): MapTree {
  const executor = root.entries.find(({ key, value }) => key === 'executor' && value.kind === 'map')?.value;
  if (executor?.kind !== 'map') return root;
  let moved: MapTree = { ...root, entries: root.entries.filter(({ value }) => value !== executor) };
  for (const entry of executor.entries) {
    const { key, at, value } = entry;
    const path = below(executor.path, key);
    const target = targetOf({ ...entry, key: `executor.${key}` });
    if (target !== undefined) moved = assign(moved, target, value, report);
    else if (key !== 'enable_panic_recovery') {
      const message = 'unknown key; known here: timeout, max_concurrent, enable_panic_recovery';
      report({ code: 'CONFIG_1703', at, path, message });
    } else if (value.kind !== 'scalar' || value.value !== true) {
      const message =
        'must be true: a plugin that fails never takes the host with it, and this cannot be turned off';
      report({ code: 'CONFIG_1703', at, path, message });
    }
  }
  return moved;
}

/** Puts a value at the end of a path of fields, whatever the maps on the way are called; one that is there is reported. */
export function assign(root: MapTree, fields: readonly string[], value: Tree, report: Report): MapTree {
  return put(root, fields, value, () => {
    report({
      code: 'CONFIG_1703',
      at: value.at,
      path: value.path,
      message: 'is given twice, here in another form',
    });
  });
}

/** The same, but a value that is there gives way. */
export function override(root: MapTree, fields: readonly string[], value: Tree): MapTree {
  return put(root, fields, value, () => value);
}

function put(
  root: MapTree,
  [field = '', ...rest]: readonly string[],
  value: Tree,
  onTaken: () => Tree | void,
): MapTree {
  const names = namesOf(field);
  const at = root.entries.findIndex(({ key }) => names.includes(key));
  const there = root.entries[at];
  const isEmpty = there?.value.kind === 'scalar' && there.value.value === null;
  if (there === undefined || isEmpty) {
    const kept = root.entries.filter((entry) => entry !== there);
    return { ...root, entries: [...kept, { key: field, at: value.at, value: nested(rest, value) }] };
  }
  const replaced =
    rest.length > 0 && there.value.kind === 'map' ? put(there.value, rest, value, onTaken) : onTaken();
  return { ...root, entries: root.entries.with(at, { ...there, value: replaced ?? there.value }) };
}

function nested([field, ...rest]: readonly string[], value: Tree): Tree {
  if (field === undefined) return value;
  const entry: Entry = { key: field, at: value.at, value: nested(rest, value) };
  return { kind: 'map', at: value.at, path: value.path, entries: [entry] };
}
