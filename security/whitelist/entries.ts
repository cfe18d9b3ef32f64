import { resolve } from 'node:path';

import { relativePathFault } from '../paths/safe-path.ts';
import { normalEndpoint } from './endpoint.ts';
import { TextFault, type Place } from './guarded-yaml.ts';
import type { EntryText } from './schema.ts';
import type { Interpreter, Pins, WhitelistEntry } from './whitelist.ts';

/** An entry as a file has it, under its name. */
export type NamedText = EntryText & { readonly name: string };

/**
 * The entries of a file by name; relative paths start from `folder`.
 * @throws {TextFault} for two of one name, also if only their case differs, and for parts that do not fit together.
 */
export function entriesOf(
  texts: readonly NamedText[],
  folder: string,
  placeOf: (index: number) => Place | undefined,
): Map<string, WhitelistEntry> {
  const entries = new Map<string, WhitelistEntry>();
  const names = new Map<string, string>();
  for (const [index, text] of texts.entries()) {
    const other = names.get(text.name.toLowerCase());
    if (other !== undefined) throw new TextFault(twice(other, text.name), placeOf(index));
    names.set(text.name.toLowerCase(), text.name);
    const fault = entryFault(text);
    if (fault !== undefined) throw new TextFault(`the plugin '${text.name}' ${fault}`, placeOf(index));
    entries.set(text.name, entryOf(text, folder));
  }
  return entries;
}

function twice(one: string, other: string): string {
  if (one === other) return `the plugin '${one}' comes twice`;
  return `the plugins '${one}' and '${other}' differ only in case`;
}

function entryFault(text: EntryText): string | undefined {
  const { path, hash, files, entry, allowedEndpoints } = text;
  if (path === undefined && (hash ?? files ?? entry) !== undefined) return "has a hash but no 'path'";
  if (path === undefined)
    return allowedEndpoints.length > 0 ? undefined : "has neither 'path' nor 'allowedEndpoints'";
  if (files === undefined) return fileFault(hash, entry);
  if (hash !== undefined) return "has both 'hash' and 'files'; a file has the one, a directory the other";
  return directoryFault(files, entry);
}

function fileFault(hash: string | undefined, entry: string | undefined): string | undefined {
  if (entry !== undefined) return "has 'entry' but no 'files'";
  return hash === undefined ? "has no 'hash'; `plugboard hash <path>` prints it" : undefined;
}

function directoryFault(
  files: Readonly<Record<string, string>>,
  entry: string | undefined,
): string | undefined {
  const names = Object.keys(files);
  const bad = names.find((name) => relativePathFault(name) !== undefined || name.startsWith('./'));
  if (bad !== undefined) return `names a file that ${relativePathFault(bad) ?? "begins with './'"}`;
  if (entry === undefined) return "pins a directory but has no 'entry', the file in it that runs";
  return names.includes(plain(entry)) ? undefined : "has an 'entry' that is not among its 'files'";
}

function entryOf(text: NamedText, folder: string): WhitelistEntry {
  const { name, enabled, type, path, maxFileSizeBytes, allowedEndpoints, certificateSha256 } = text;
  const { version, description, metadata } = text;
  return {
    name,
    enabled,
    type,
    path: path === undefined ? undefined : resolve(folder, path),
    pins: pinsOf(text),
    interpreter: interpreterOf(text.interpreter, folder),
    maxFileSizeBytes,
    allowedEndpoints: allowedEndpoints.map(normalEndpoint),
    certificateSha256,
    metadata: {
      ...(version !== undefined && { version }),
      ...(description !== undefined && { description }),
      ...metadata,
    },
  };
}

function pinsOf({ hash, files, entry }: EntryText): Pins | undefined {
  if (hash !== undefined) return { kind: 'file', sha256: hash };
  if (files === undefined || entry === undefined) return undefined;
  return { kind: 'directory', files: new Map(Object.entries(files)), entry: plain(entry) };
}

function plain(path: string): string {
  return path.replace(/^(?:\.\/)+/, '');
}

function interpreterOf(text: EntryText['interpreter'], folder: string): Interpreter {
  const { path, hash, args = [] } = text ?? {};
  return { path: path === undefined ? undefined : resolve(folder, path), sha256: hash, args };
}
