import { constants } from 'node:fs';
import { access, open, realpath } from 'node:fs/promises';
import { dirname, parse, resolve } from 'node:path';

import { checkText } from '../../src/core/check-given.ts';
import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import { FileFault, fileFault } from '../start/file-fault.ts';
import { checkFolders } from '../start/place.ts';
import { ownershipFault } from '../start/trusted-owner.ts';
import { parseWhitelist } from './parse.ts';
import type { Whitelist } from './whitelist.ts';

/** More than a whitelist may have, so that a huge file is not read to its end. */
const maxReadBytes = 1024 * 1024 + 1;

/**
 * Reads and checks a whitelist: YAML or JSON, of at most 1 MiB, that nobody but root and we may write, nor the folders
 * above it. A link to it is followed, as those of mounted configuration are.
 * @throws {PluginError} `SECURITY_1802` when it cannot be read or is wrong, with line and column; `SECURITY_1805` when
 * others may write it.
 */
export async function readWhitelist(file: string): Promise<Whitelist> {
  return parseWhitelist(await readWhitelistText(file), file);
}

/** The text of a whitelist, read in one go. @throws {PluginError} as `readWhitelist`. */
export async function readWhitelistText(file: string): Promise<string> {
  const path = resolve(checkText(file, 'the file of the whitelist', 'Give the path of a whitelist.'));
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (error: unknown) => {
      throw cannotRead(path, fileFault(error, path).message, error);
    },
  );
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw cannotRead(path, `${path} is no regular file`);
    const fault = ownershipFault(path, stats);
    if (fault !== undefined) throw othersWrite(path, fault);
    await checkFoldersOf(path);
    const buffer = Buffer.alloc(Math.min(stats.size, maxReadBytes) + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch (error) {
    if (error instanceof PluginError) throw error;
    if (error instanceof FileFault) throw othersWrite(path, error.message);
    throw cannotRead(path, error instanceof TypeError ? 'it is not UTF-8' : `${path} cannot be read`, error);
  } finally {
    await handle.close();
  }
}

/** Who may write a folder may put another file into it, or a link to one of ours that was never meant as a whitelist. */
async function checkFoldersOf(path: string): Promise<void> {
  for (const folder of [await realpath(dirname(path)), dirname(await realpath(path))]) {
    if (!(await isReadOnly(folder))) await checkFolders(folder, parse(folder).root);
  }
}

/** Mounted configuration has folders that all may write, in a file system where nobody can. */
async function isReadOnly(folder: string): Promise<boolean> {
  const refused: unknown = await access(folder, constants.W_OK).catch((error: unknown) => error);
  return refused instanceof Error && 'code' in refused && refused.code === 'EROFS';
}

function cannotRead(file: string, why: string, cause?: unknown): PluginError {
  const message = `the whitelist cannot be read: ${printable(why, 400)}. Create it with: plugboard whitelist init.`;
  return new PluginError('SECURITY_1802', { message, context: { file }, cause });
}

function othersWrite(file: string, fault: string): PluginError {
  const message = `the whitelist is not to be trusted: ${printable(fault, 400)}.`;
  return new PluginError('SECURITY_1805', { message, context: { file } });
}
