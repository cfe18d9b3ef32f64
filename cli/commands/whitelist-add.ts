import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';

import { addToWhitelist, pinPath, type NewEntry } from 'plugboard/security';

import { usageError } from '../failure.ts';
import { print } from '../output.ts';
import { withProgress } from '../progress.ts';
import type { WhitelistCommandOptions } from './whitelist.ts';

/** `plugboard whitelist add`. */
export interface AddOptions extends WhitelistCommandOptions {
  readonly entry?: string;
  readonly type?: string;
  readonly interpreter?: string;
  readonly maxBytes?: number;
  readonly endpoint?: readonly string[];
  readonly certificate?: readonly string[];
}

export async function add(name: string, path: string | undefined, options: AddOptions): Promise<void> {
  const { file, json = false, type, maxBytes, endpoint, certificate } = options;
  if (path === undefined && endpoint === undefined) {
    throw usageError('nothing to add: give the path of the plugin, or its --endpoint');
  }
  const entry: NewEntry = {
    ...(path !== undefined && (await pinnedEntry(path, options))),
    ...(options.interpreter !== undefined && { interpreter: await pinnedInterpreter(options.interpreter) }),
    ...(type !== undefined && { type }),
    ...(maxBytes !== undefined && { maxFileSizeBytes: maxBytes }),
    ...(endpoint !== undefined && { allowedEndpoints: endpoint }),
    ...(certificate !== undefined && { certificateSha256: certificate }),
  };
  await addToWhitelist(file, name, entry);
  const what =
    entry.hash ?? (entry.files && `${Object.keys(entry.files).length} files`) ?? endpoint?.join(' ');
  await print(
    { file, name, entry },
    `${name} may run: ${entry.path ?? 'endpoint'} (${what ?? ''}), in ${file}`,
    json,
  );
}

async function pinnedEntry(path: string, { file, entry }: AddOptions): Promise<NewEntry> {
  const { hash, files } = await withProgress((onBytes) => pinPath(path, { onBytes }));
  if (files !== undefined && entry === undefined) {
    throw usageError(`${path} is a directory: say with --entry which of its files runs`);
  }
  if (files === undefined && entry !== undefined)
    throw usageError(`${path} is a file: --entry is for directories`);
  return {
    path: pathFrom(dirname(resolve(file)), resolve(path)),
    ...(hash !== undefined && { hash }),
    ...(files !== undefined && { files }),
    ...(entry !== undefined && { entry: entry.replace(/^\.\//, '') }),
  };
}

/** A whitelist and its plugins can be moved together; what lies elsewhere is named in full. */
function pathFrom(folder: string, path: string): string {
  const way = relative(folder, path);
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) return path;
  return `./${way.replaceAll(sep, '/')}`;
}

/** `python3` is a link nearly everywhere; what it leads to is pinned. */
async function pinnedInterpreter(path: string): Promise<NonNullable<NewEntry['interpreter']>> {
  const real = await realpath(path);
  const { hash } = await pinPath(real);
  if (hash === undefined) throw usageError(`the interpreter ${path} is a directory: give its program`);
  return { path: real, hash };
}
