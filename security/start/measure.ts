import { mkdir, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { Pins, Sha256 } from '../whitelist/whitelist.ts';
import { digestOf } from './digest.ts';
import { fileFault, type FileFault } from './file-fault.ts';
import { listFiles } from './list-files.ts';
import { openPlain } from './open-plain.ts';

/** What was found in one file. */
export interface MeasuredFile {
  readonly sizeBytes: number;
  /** Of the bytes that were copied; undefined for a file that is too large to be read or could not be. */
  readonly sha256: Sha256 | undefined;
  /** Why it is not to be trusted. */
  readonly fault: FileFault | undefined;
}

/** What was found of a plugin: by path in its directory, or under its own name if it is one file. */
export interface Measured {
  readonly files: ReadonlyMap<string, MeasuredFile>;
  /** The first bytes of the file that runs; undefined if it was not read. */
  readonly head: Buffer | undefined;
  /** Where the verified copy is, if one was made: the file or the directory. */
  readonly copy: string | undefined;
}

/** How to look. */
export interface MeasureOptions {
  /** Larger files are not read. */
  readonly maxFileSizeBytes: number;
  /** A private folder for the copy; without it none is made. */
  readonly copyInto?: string | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** So many files are read side by side. */
const atOnce = 4;

/**
 * Reads what a plugin is made of, each file once, hashing and copying the same bytes.
 * @throws {FileFault} for a directory that cannot be listed; what is wrong with one file stands with it.
 */
export async function measure(path: string, pins: Pins, options: MeasureOptions): Promise<Measured> {
  const isFile = pins.kind === 'file';
  const names = isFile ? [basename(path)] : await listFiles(path);
  const root = isFile ? dirname(path) : path;
  const copyRoot = await copyRootOf(path, isFile, options.copyInto);
  const main = isFile ? basename(path) : pins.entry;
  const files = new Map<string, MeasuredFile>();
  let head: Buffer | undefined;
  const queue = names.values();
  const work = async (): Promise<void> => {
    for (const name of queue) {
      const { found, bytes } = await measureFile(root, name, copyRoot, options);
      files.set(name, found);
      if (name === main) head = bytes;
    }
  };
  // All end before anybody clears away what they write.
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  const copy = copyRoot !== undefined && isFile ? join(copyRoot, basename(path)) : copyRoot;
  return { files, head, copy };
}

async function copyRootOf(
  path: string,
  isFile: boolean,
  into: string | undefined,
): Promise<string | undefined> {
  if (into === undefined || isFile) return into;
  const root = join(into, basename(path));
  await mkdir(root, { mode: 0o700 });
  return root;
}

async function measureFile(
  root: string,
  name: string,
  copyRoot: string | undefined,
  options: MeasureOptions,
): Promise<{ found: MeasuredFile; bytes: Buffer | undefined }> {
  const path = join(root, name);
  try {
    await using file = await openPlain(path);
    const sizeBytes = file.stats.size;
    if (sizeBytes > options.maxFileSizeBytes)
      return { found: { sizeBytes, sha256: undefined, fault: undefined }, bytes: undefined };
    await using copy = copyRoot === undefined ? undefined : await newFile(copyRoot, name);
    const { maxFileSizeBytes: maxBytes, onBytes } = options;
    const digest = await digestOf(file.handle, { copyTo: copy?.handle, onBytes, maxBytes });
    return {
      found: { sizeBytes: digest.sizeBytes, sha256: digest.sha256, fault: undefined },
      bytes: digest.head,
    };
  } catch (error) {
    if (isStoresFault(error)) throw error;
    return { found: { sizeBytes: 0, sha256: undefined, fault: fileFault(error, path) }, bytes: undefined };
  }
}

/** A copy that nobody but us can open, and that nobody writes any more once it is closed. */
async function newFile(
  root: string,
  name: string,
): Promise<{ handle: Awaited<ReturnType<typeof open>> } & AsyncDisposable> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, 'wx', 0o500);
  return { handle, [Symbol.asyncDispose]: () => handle.close() };
}

/** The disk of the copies is full or read-only: no fault of the plugin's. */
function isStoresFault(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EROFS' || code === 'EDQUOT' || code === 'EEXIST';
}
