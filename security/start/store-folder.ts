import { constants } from 'node:fs';
import { access, lstat, mkdir, realpath } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { ownershipFault } from './trusted-owner.ts';

/**
 * Where the store lies: the given folder, made if it is missing. Without one the system's folder for temporary files,
 * or, where others share that, one of our own: they could put packages beside it, and Node looks for those upwards.
 */
export async function storeFolder(given: string | undefined): Promise<string> {
  if (given !== undefined) return madeFolder(resolve(given));
  const temporary = await realpath(tmpdir());
  if ((await sharedAbove(temporary)) === undefined) return temporary;
  return (await ownFolder().catch(() => undefined)) ?? temporary;
}

async function madeFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return realpath(path);
}

/** Undefined for a home that others share too. */
async function ownFolder(): Promise<string | undefined> {
  if ((await sharedAbove(await realpath(homedir()))) !== undefined) return undefined;
  const folder = await madeFolder(join(homedir(), '.cache', 'plugboard'));
  await access(folder, constants.W_OK);
  return (await sharedAbove(folder)) === undefined ? folder : undefined;
}

/** The first folder, from a real path upwards, that others may put something into; undefined if there is none. */
export async function sharedAbove(from: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    if (ownershipFault(folder, await lstat(folder)) !== undefined) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
