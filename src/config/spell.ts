import type * as z from 'zod';

import { nearest } from '../core/nearest.ts';
import { isSecretKey } from '../core/redact.ts';
import { fileName, hiddenFields, namesOf, switchedFields, unitOf } from './field-names.ts';
import type { Finding } from './finding.ts';
import { wanted } from './schema-walk.ts';
import { below, type Entry, type MapTree, type ScalarTree, type Tree } from './tree.ts';
import { parseDuration, parseSize } from '../core/units.ts';

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/**
 * A tree in the words of the code: every key under the name of its field, times in milliseconds, sizes in bytes.
 * What no field is called is reported and left out.
 */
export function spell(schema: z.core.$ZodType, tree: Tree, report: Report, reportUnknown: Report): Tree {
  return spellValue(schema, tree, '', { report, reportUnknown });
}

type Report = (finding: Finding) => void;

interface Reports {
  readonly report: Report;
  /** Takes keys that no field is called. */
  readonly reportUnknown: Report;
}

function spellValue(schema: z.core.$ZodType, tree: Tree, field: string, reports: Reports): Tree {
  const { report } = reports;
  const want = wanted(schema);
  if (tree.kind === 'scalar') return spellScalar(tree, field, want.kind, report);
  if (tree.kind === 'map' && want.kind === 'object') return spellMap(want.shape, tree, field, reports);
  if (tree.kind === 'list' && want.kind === 'list') {
    return { ...tree, items: tree.items.map((item) => spellValue(want.item, item, '', reports)) };
  }
  if (tree.kind === 'map' && want.kind === 'record') {
    const entries = withoutDoubles(tree, report).map((entry) => ({
      ...entry,
      value: spellValue(want.value, entry.value, '', reports),
    }));
    return { ...tree, entries };
  }
  return checkDoubles(tree, report);
}

/** A part that no schema knows stays as it is, but for keys that are given twice. */
function checkDoubles(tree: Tree, report: Report): Tree {
  if (tree.kind === 'list') return { ...tree, items: tree.items.map((item) => checkDoubles(item, report)) };
  if (tree.kind !== 'map') return tree;
  const entries = withoutDoubles(tree, report);
  return {
    ...tree,
    entries: entries.map((entry) => ({ ...entry, value: checkDoubles(entry.value, report) })),
  };
}

function withoutDoubles(tree: MapTree, report: Report): Entry[] {
  const seen = new Set<string>();
  return tree.entries.filter(({ key, at }) => {
    if (seen.has(key))
      report({ code: 'CONFIG_1703', at, path: below(tree.path, key), message: 'is given twice' });
    return seen.size < seen.add(key).size;
  });
}

function spellMap(shape: Shape, tree: MapTree, field: string, reports: Reports): Tree {
  const { report } = reports;
  const fields = fieldsByName(shape);
  const entries = new Map<string, Entry>();
  let isOff = false;
  for (const { key, at, value } of tree.entries) {
    const path = below(tree.path, key);
    const known = fields.get(key);
    if (isSwitch(known, key, field)) {
      isOff = isSwitchedOff(value, report);
    } else if (known === undefined) {
      reports.reportUnknown({ code: 'CONFIG_1703', at, path, message: unknownKey(key, shape) });
    } else if (entries.has(known)) {
      report({ code: 'CONFIG_1703', at, path, message: 'is given twice, here perhaps in another spelling' });
    } else if (!isNull(value)) {
      const schema = shape[known];
      entries.set(known, {
        key: known,
        at,
        value: schema ? spellValue(schema, value, known, reports) : value,
      });
    }
  }
  if (isOff) return { kind: 'scalar', at: tree.at, path: tree.path, value: false };
  return { ...tree, entries: [...entries.values()] };
}

function isSwitch(known: string | undefined, key: string, field: string): boolean {
  return known === undefined && key === 'enabled' && switchedFields.has(field);
}

function isSwitchedOff(tree: Tree, report: Report): boolean {
  const value = tree.kind === 'scalar' ? spellScalar(tree, '', 'boolean', report).value : undefined;
  if (typeof value !== 'boolean') {
    report({ code: 'CONFIG_1703', at: tree.at, path: tree.path, message: 'must be true or false' });
  }
  return value === false;
}

/** Nothing after a key in YAML is as if the key were not there. */
function isNull(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.value === null;
}

const cache = new WeakMap<Shape, ReadonlyMap<string, string>>();

function fieldsByName(shape: Shape): ReadonlyMap<string, string> {
  const known = cache.get(shape);
  if (known !== undefined) return known;
  const fields = Object.keys(shape).filter((field) => !hiddenFields.has(field));
  const made = new Map(
    fields.toReversed().flatMap((field) => namesOf(field).map((name) => [name, field] as const)),
  );
  for (const field of fields) made.set(field, field); // its own name counts before another's document name
  cache.set(shape, made);
  return made;
}

/** What is said of a key that nothing is called. */
function unknownKey(key: string, shape: Shape): string {
  const fields = Object.keys(shape).filter((field) => !hiddenFields.has(field) && /^[a-z]/.test(field));
  const names = fields.map(fileName);
  const meant = nearest(key, names);
  const guess = meant === undefined ? ';' : `; did you mean '${meant}'?`;
  return `unknown key${guess} known here: ${names.join(', ')}`;
}

function spellScalar(tree: ScalarTree, field: string, kind: string, report: Report): ScalarTree {
  if (typeof tree.value !== 'string') return randomJitter(tree, field);
  const unit = unitOf(field);
  const text = tree.value;
  if (tree.template !== undefined) {
    if ((kind === 'number' || unit) && /^-?\d+(\.\d+)?$/.test(text)) return { ...tree, value: Number(text) };
    if (kind === 'boolean' && /^(true|false)$/i.test(text))
      return { ...tree, value: text.toLowerCase() === 'true' };
  }
  if (unit === undefined) return tree;
  const value = unit === 'duration' ? parseDuration(text) : parseSize(text);
  if (value !== undefined) return { ...tree, value };
  const found = tree.isSecret === true || isSecretKey(field) ? 'a secret value' : `'${text.slice(0, 80)}'`;
  const allowed =
    unit === 'duration'
      ? 'a time: a number of milliseconds, or text such as 100ms, 30s, 5m, 1h'
      : 'a size: a number of bytes, or text such as 50MB, 512KiB, 1GiB';
  report({
    code: 'CONFIG_1703',
    at: tree.at,
    path: tree.path,
    message: `must be ${allowed}; found ${found}`,
  });
  return { ...tree, value: undefined };
}

/** go-plugins only says whether there is jitter; true is the default. */
function randomJitter(tree: ScalarTree, field: string): ScalarTree {
  if (field !== 'jitter' || typeof tree.value !== 'boolean') return tree;
  return { ...tree, value: tree.value ? undefined : 0 };
}
