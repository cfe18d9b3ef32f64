import { writeFile } from 'node:fs/promises';

import { isMap, isScalar, isSeq, parseDocument, type Document, type YAMLMap, type YAMLSeq } from 'yaml';

import { checkText } from '../../src/core/check-given.ts';
import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import { withLock } from './lock.ts';
import { readWhitelistText } from './load.ts';
import { parseWhitelist } from './parse.ts';
import { writeAtomically } from './write-atomically.ts';

/** An entry as it is written into a whitelist; the keys that docs/security.md lists. */
export interface NewEntry {
  readonly path?: string;
  /** `sha256:` and 64 hex digits. */
  readonly hash?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly entry?: string;
  readonly type?: string;
  readonly interpreter?: {
    readonly path?: string;
    readonly hash?: string;
    readonly args?: readonly string[];
  };
  readonly maxFileSizeBytes?: number;
  readonly allowedEndpoints?: readonly string[];
  readonly certificateSha256?: readonly string[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const emptyWhitelist = `# What plugboard may start. Paths are relative to this file's folder.
# Change it by hand or with \`plugboard whitelist add | remove | enable | disable\`.
version: "1.0"
plugins: []
`;

/** Writes an empty whitelist. @throws {PluginError} `SECURITY_1802` if there is a file already. */
export async function createWhitelist(file: string): Promise<void> {
  checkText(file, 'the file of createWhitelist', 'Give the path of the whitelist to make.');
  try {
    await writeFile(file, emptyWhitelist, { flag: 'wx', mode: 0o644, flush: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw refused(file, 'there is a file already. Change it, or remove it first');
  }
}

/**
 * Adds an entry, or writes the one of that name anew; `enabled` and `metadata` stay unless the new one has them.
 * @throws {PluginError} `SECURITY_1802` when the file, before or after, is no whitelist; it stays as it was then.
 */
export function addToWhitelist(file: string, name: string, entry: NewEntry): Promise<void> {
  return edit(file, (document) => put(document, name, entry));
}

/** @throws {PluginError} `SECURITY_1802` if it has no such entry. */
export function removeFromWhitelist(file: string, name: string): Promise<void> {
  return edit(file, (document) => {
    const plugins = pluginsOf(document);
    if (isMap(plugins)) return plugins.delete(name);
    const index = indexOf(plugins, name);
    return index >= 0 && plugins.delete(index);
  });
}

/** @throws {PluginError} `SECURITY_1802` if it has no such entry. */
export function setEnabledInWhitelist(file: string, name: string, enabled: boolean): Promise<void> {
  return edit(file, (document) => {
    const entry = entryNode(document, name);
    entry?.set('enabled', enabled);
    return entry !== undefined;
  });
}

/** Changes a file as a whole, with its comments and its order; `change` says whether there was something to change. */
async function edit(file: string, change: (document: Document) => boolean): Promise<void> {
  return withLock(checkText(file, 'the file of the whitelist', 'Give the path of a whitelist.'), async () => {
    const before = await readWhitelistText(file);
    await parseWhitelist(before, file);
    const document = parseDocument(before, { uniqueKeys: false });
    if (!change(document))
      throw refused(file, 'it has no such plugin. `plugboard whitelist list` shows those it has');
    const after = textOf(document, before);
    await parseWhitelist(after, file);
    await writeAtomically(file, after);
  });
}

function textOf(document: Document, before: string): string {
  if (!isJson(before)) return document.toString({ lineWidth: 0 });
  return `${JSON.stringify(document.toJS(), undefined, 2)}\n`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function pluginsOf(document: Document): YAMLMap | YAMLSeq {
  const plugins: unknown = document.get('plugins', true);
  if (isMap(plugins) || isSeq(plugins)) return plugins;
  throw refused('', "it has no 'plugins'");
}

function put(document: Document, name: string, entry: NewEntry): boolean {
  const plugins = pluginsOf(document);
  const old = entryNode(document, name);
  if (old !== undefined) {
    for (const key of replaced) old.delete(key);
    for (const [key, value] of Object.entries(entry))
      if (value !== undefined) old.set(key, document.createNode(value));
    return true;
  }
  plugins.flow = false;
  if (isMap(plugins)) plugins.set(name, document.createNode(entry));
  else plugins.add(document.createNode({ name, ...entry }));
  return true;
}

/** What says which bytes may run: of an old entry nothing of it may stay. */
const replaced = ['path', 'file_path', 'hash', 'algorithm', 'files', 'entry', 'interpreter'];

function entryNode(document: Document, name: string): YAMLMap | undefined {
  const plugins = pluginsOf(document);
  const node = isMap(plugins) ? plugins.get(name, true) : plugins.items[indexOf(plugins, name)];
  return isMap(node) ? node : undefined;
}

function indexOf(plugins: YAMLSeq, name: string): number {
  return plugins.items.findIndex((item) => {
    const own = isMap(item) ? item.get('name', true) : undefined;
    return isScalar(own) && own.value === name;
  });
}

function refused(file: string, why: string): PluginError {
  return new PluginError('SECURITY_1802', {
    message: `the whitelist ${printable(file, 300)} was not changed: ${why}.`,
    context: { file },
  });
}
