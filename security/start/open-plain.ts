import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { FileFault, fileFault } from './file-fault.ts';
import { ownershipFault } from './trusted-owner.ts';

// O_NONBLOCK: opening a pipe must not wait for its writer. Windows has neither flag.
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A file that is open for reading, and what was true of it then. */
export interface PlainFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly stats: Stats;
}

/**
 * Opens a file once, without following a link at its end, and looks at what was opened: a regular file with one name
 * that only root or we may change.
 * @throws {FileFault}
 */
export async function openPlain(path: string): Promise<PlainFile> {
  const handle = await open(path, flags).catch((error: unknown) => {
    throw fileFault(error, path);
  });
  try {
    const stats = await handle.stat();
    const fault = plainFault(path, stats);
    if (fault !== undefined) throw new FileFault('unsafe', fault);
    return { handle, stats, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw fileFault(error, path);
  }
}

function plainFault(path: string, stats: Stats): string | undefined {
  if (stats.isDirectory()) return `${path} is a directory, not a file`;
  if (!stats.isFile()) return `${path} is no regular file`;
  if (stats.nlink > 1) return `${path} has ${stats.nlink} names (hard links); copy it to a file of its own`;
  return ownershipFault(path, stats);
}
