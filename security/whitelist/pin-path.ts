import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';

import { checkObject, checkText } from '../../src/core/check-given.ts';
import { PluginError } from '../../src/core/errors.ts';
import { fileFault, type FileFault } from '../start/file-fault.ts';
import { measure } from '../start/measure.ts';
import type { Pins } from './whitelist.ts';

/** The hashes of a path as an entry has them: `hash` of a file, `files` of a directory. */
export interface PinnedPath {
  readonly hash?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
}

/**
 * Hashes a file, or every file of a directory, for an entry; as careful as a start is.
 * @throws {PluginError} `SECURITY_1805` for links, special files and what others may write, `SECURITY_1803` if there is nothing.
 */
export async function pinPath(
  path: string,
  options: { readonly onBytes?: (bytes: number) => void } = {},
): Promise<PinnedPath> {
  const absolute = resolve(checkText(path, 'the path of pinPath', 'Give a file or a directory.'));
  checkObject(options, 'the options of pinPath', 'Leave them out for the defaults.');
  try {
    const isDirectory = (await stat(absolute)).isDirectory();
    const pins: Pins = isDirectory
      ? { kind: 'directory', files: new Map(), entry: '' }
      : { kind: 'file', sha256: '' };
    return await pinned(absolute, pins, options.onBytes);
  } catch (error) {
    throw asPluginError(fileFault(error, absolute));
  }
}

async function pinned(
  path: string,
  pins: Pins,
  onBytes: ((bytes: number) => void) | undefined,
): Promise<PinnedPath> {
  const { files } = await measure(path, pins, { maxFileSizeBytes: Infinity, onBytes });
  const hashes: [string, string][] = [];
  let sizeBytes = 0;
  for (const [name, file] of files) {
    if (file.fault !== undefined) throw file.fault;
    hashes.push([name, `sha256:${file.sha256 ?? ''}`]);
    sizeBytes += file.sizeBytes;
  }
  if (pins.kind === 'file') return { hash: Object.fromEntries(hashes)[basename(path)] ?? '', sizeBytes };
  return { files: Object.fromEntries(hashes.toSorted(([a], [b]) => (a < b ? -1 : 1))), sizeBytes };
}

function asPluginError(fault: FileFault): PluginError {
  const code = fault.reason === 'missing' ? 'SECURITY_1803' : 'SECURITY_1805';
  return new PluginError(code, { message: `it cannot be pinned: ${fault.message}.`, cause: fault.cause });
}
