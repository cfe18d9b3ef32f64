import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';

import { messageOf, PluginError } from './errors.ts';
import { printable } from './printable.ts';

/**
 * The text of a file, read once and whole.
 * @throws {PluginError} `CONFIG_1701` without one, `CONFIG_1707` without permission, `CONFIG_1706` if it is no regular
 * file, too large, or not UTF-8.
 */
export async function readText(path: string, maxBytes: number): Promise<string> {
  const name = printable(basename(path), 200);
  // Not waiting for a writer: a named pipe would hold the host.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    if (!(await file.stat()).isFile()) throw wrongFile(`${name} is no regular file. Name a file.`);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(maxBytes + 1), 0, maxBytes + 1, 0);
    if (bytesRead > maxBytes) {
      throw wrongFile(`${name} is over the limit of ${maxBytes} bytes. Make it smaller, or split it.`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch (error) {
    if (error instanceof TypeError) throw wrongFile(`${name} is not UTF-8 text. Save it as UTF-8.`);
    throw error;
  } finally {
    await file.close();
  }
}

function wrongFile(message: string): PluginError {
  return new PluginError('CONFIG_1706', { message });
}

function unreadable(path: string, error: unknown): PluginError {
  const where = printable(path, 300);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new PluginError('CONFIG_1701', {
      message: `there is no file ${where}. Create it, or name another.`,
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `the file ${where} may not be read. Give the host permission.`;
    return new PluginError('CONFIG_1707', { message, cause: error });
  }
  return new PluginError('CONFIG_1706', {
    message: `the file ${where} cannot be read: ${messageOf(error)}`,
    cause: error,
  });
}
