import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { auditError } from './audit-error.ts';

/** Missing on Windows, where links are rare and need rights. */
const noFollow = constants.O_NOFOLLOW ?? 0;

/** A log's file, open, and what it was when it was opened. */
export interface OpenedFile {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

/** Opens a log's file for appending, and makes it, for the owner alone, if it is not there. Follows no link. */
export async function openForAppending(file: string): Promise<OpenedFile> {
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | noFollow;
  return checked(await open(file, flags, 0o600), file, true);
}

/** Opens a log's file for reading. Follows no link. */
export async function openForReading(file: string): Promise<OpenedFile> {
  // not waiting for a writer: a named pipe would hold the reader
  const flags = constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0);
  return checked(await open(file, flags), file, false);
}

async function checked(handle: FileHandle, file: string, toWrite: boolean): Promise<OpenedFile> {
  try {
    const stats = await handle.stat({ bigint: true });
    const fault = stats.isFile() ? toWrite && faultOf(stats) : 'it is no regular file. Name a file';
    if (typeof fault === 'string') throw auditError(`the audit log ${file} is not used: ${fault}.`);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Why a file cannot be trusted with a log. */
function faultOf(stats: BigIntStats): string | undefined {
  if (stats.nlink !== 1n) return 'it has a second name, by which others may reach it. Remove the hard link';
  const us = process.geteuid?.();
  if (us === undefined) return undefined;
  if (stats.uid !== BigInt(us))
    return `it belongs to user ${stats.uid}, and the host is user ${us}. Change its owner`;
  if ((stats.mode & 0o022n) !== 0n) return 'others may write it. Run chmod go-w on it';
  return undefined;
}

/** Makes the names in a file's folder last: a new file and a renamed one are not safe before. */
export async function syncFolderOf(file: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
