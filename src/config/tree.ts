/** What a file says, before anybody knows what it means; every value remembers where it stands. */
export type Tree = MapTree | ListTree | ScalarTree;

/** Where a value stands. */
interface Place {
  /** Characters before it in the file; undefined where the format does not tell. */
  readonly at: number | undefined;
  /** Its path as written, `plugins[0].retry.max_retries`; empty for the whole file. */
  readonly path: string;
}

export interface MapTree extends Place {
  readonly kind: 'map';
  readonly entries: readonly Entry[];
}

/** A key and its value. */
export interface Entry {
  readonly key: string;
  readonly at: number | undefined;
  readonly value: Tree;
}

export interface ListTree extends Place {
  readonly kind: 'list';
  readonly items: readonly Tree[];
}

export interface ScalarTree extends Place {
  readonly kind: 'scalar';
  readonly value: unknown;
  /** The text as written, if it held `${…}`. */
  readonly template?: string;
  /** Whether a part of it came from a secret file. */
  readonly isSecret?: boolean;
}

const simpleKey = /^[\w-]+$/;

/** The path of a key below a path. */
export function below(path: string, key: string): string {
  const name = simpleKey.test(key) ? key : JSON.stringify(key.slice(0, 80));
  return path === '' ? name : `${path}.${name}`;
}

/** The path of an item below a path. */
export function itemOf(path: string, index: number): string {
  return `${path}[${index}]`;
}

/** The value of a key of a map; undefined if there is none. */
export function child(tree: Tree | undefined, key: string): Tree | undefined {
  return tree?.kind === 'map' ? tree.entries.find((entry) => entry.key === key)?.value : undefined;
}

/** The value at the end of a path, or the last on the way to it. */
export function locate(tree: Tree, path: readonly PropertyKey[]): Tree {
  let found = tree;
  for (const key of path) {
    const next = found.kind === 'list' ? found.items[Number(key)] : child(found, String(key));
    if (next === undefined) return found;
    found = next;
  }
  return found;
}

/** The tree as plain data. Keys of any name are own properties, `__proto__` too. */
export function plainOf(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plainOf);
  return Object.fromEntries(tree.entries.map(({ key, value }) => [key, plainOf(value)]));
}

/** Plain data as a tree; what is neither list nor plain object is a scalar. */
export function treeOf(value: unknown, path = ''): Tree {
  if (Array.isArray(value)) {
    return {
      kind: 'list',
      at: undefined,
      path,
      items: value.map((item, index) => treeOf(item, itemOf(path, index))),
    };
  }
  if (!isPlainObject(value)) return { kind: 'scalar', at: undefined, path, value };
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return {
    kind: 'map',
    at: undefined,
    path,
    entries: entries.map(([key, part]) => ({ key, at: undefined, value: treeOf(part, below(path, key)) })),
  };
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
