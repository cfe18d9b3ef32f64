import { dirname, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { isMap, isScalar, isSeq, type Document, type YAMLMap } from 'yaml';
import type * as z from 'zod';

import { checkText } from '../../src/core/check-given.ts';
import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import { checkKeys } from './check-keys.ts';
import { entriesOf, type NamedText } from './entries.ts';
import { parseGuarded, TextFault, type GuardedDocument, type Place } from './guarded-yaml.ts';
import { listForm, mapForm, type EntryText, type HeaderText } from './schema.ts';
import { defaultMaxFileSizeBytes, type Constraints, type Whitelist } from './whitelist.ts';

/**
 * Reads a whitelist's text: YAML or JSON, plugins as a list or by name. `file` stands in errors, and relative paths
 * start from its folder.
 * @throws {PluginError} `SECURITY_1802` with file, line and column.
 */
export async function parseWhitelist(text: string, file: string): Promise<Whitelist> {
  checkText(text, 'the text of a whitelist', 'Give YAML or JSON.');
  checkText(file, 'the file of a whitelist', 'Give the path that errors name.');
  try {
    return await read(text, resolve(file));
  } catch (error) {
    if (error instanceof TextFault) throw unreadable(file, error);
    throw error;
  }
}

/** Each step takes up to a tenth of a second where a file is as large as it may be; others get their turn in between. */
async function read(text: string, file: string): Promise<Whitelist> {
  const parsed = await parseGuarded(text);
  await nextTurn();
  const root = parsed.document.contents;
  if (!isMap(root)) throw new TextFault("it is no map with 'plugins'", { line: 1, column: 1 });
  checkKeys(root, parsed.placeAt);
  await nextTurn();
  const { header, plugins } = await shaped(parsed, root);
  await nextTurn();
  const entries = entriesOf(plugins, dirname(file), (index) => placeOfEntry(parsed, plugins, index));
  return { file, version: header.version, constraints: constraintsOf(header, dirname(file)), entries };
}

interface Shaped {
  readonly header: HeaderText;
  readonly plugins: readonly NamedText[];
}

async function shaped(parsed: GuardedDocument, root: YAMLMap): Promise<Shaped> {
  const value: unknown = parsed.document.toJS({ maxAliasCount: 0 });
  await nextTurn();
  if (isSeq(root.get('plugins'))) {
    const { plugins, ...header } = checked(listForm.safeParse(value), parsed);
    return { header, plugins: plugins.map((entry) => ({ ...entry, name: entry.name ?? '' })) };
  }
  const { plugins, ...header } = checked(mapForm.safeParse(value), parsed);
  return { header, plugins: Object.entries(plugins).map(([key, entry]) => named(key, entry, parsed)) };
}

function named(key: string, entry: EntryText, parsed: GuardedDocument): NamedText {
  if (entry.name === undefined || entry.name === key) return { ...entry, name: key };
  const place = placeOf(parsed, ['plugins', key, 'name']);
  throw new TextFault(
    `the plugin under '${key}' calls itself '${entry.name}'; the two must be one name`,
    place,
  );
}

function checked<T>(result: z.ZodSafeParseResult<T>, parsed: GuardedDocument): T {
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const where = path.length === 0 ? 'a whitelist' : `'${dotted(path)}'`;
    throw new TextFault(`${where} has no key '${printable(key, 80)}'`, placeOf(parsed, [...path, key]));
  }
  throw new TextFault(`'${dotted(path)}' ${wordsOf(issue?.message ?? 'is wrong')}`, placeOf(parsed, path));
}

function dotted(path: readonly PropertyKey[]): string {
  return printable(path.map(String).join('.') || 'the whitelist', 200);
}

function wordsOf(message: string): string {
  return /^(?:is|has|must|lies)\b/.test(message) ? message : `is wrong: ${printable(message, 200)}`;
}

/** Where the deepest part of a path lies that the text has: the key itself for the last. */
function placeOf({ document, placeAt }: GuardedDocument, path: readonly PropertyKey[]): Place | undefined {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const offset = offsetIn(parent, path[length - 1]);
    if (offset !== undefined) return placeAt(offset);
  }
  return undefined;
}

function offsetIn(parent: unknown, key: PropertyKey | undefined): number | undefined {
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const item = isSeq(parent) ? parent.items[Number(key)] : undefined;
  return (item as Document['contents'] | undefined)?.range?.[0];
}

function placeOfEntry(
  parsed: GuardedDocument,
  plugins: readonly NamedText[],
  index: number,
): Place | undefined {
  const isList = isSeq(parsed.document.get('plugins'));
  return placeOf(parsed, ['plugins', isList ? index : (plugins[index]?.name ?? '')]);
}

function constraintsOf({ constraints }: HeaderText, folder: string): Constraints {
  return {
    maxFileSizeBytes: constraints?.maxFileSizeBytes ?? defaultMaxFileSizeBytes,
    allowedTypes: constraints?.allowedTypes,
    forbiddenPaths: (constraints?.forbiddenPaths ?? []).map((path) => resolve(folder, path)),
  };
}

function unreadable(file: string, { message, place }: TextFault): PluginError {
  const at = place === undefined ? '' : `:${place.line}:${place.column}`;
  return new PluginError('SECURITY_1802', {
    message: `the whitelist ${printable(file, 300)}${at} cannot be used: ${message}. Mend it; docs/security.md shows its form.`,
    context: { file, ...place },
  });
}
