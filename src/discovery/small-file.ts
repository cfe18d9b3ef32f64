import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { PluginError } from '../core/errors.ts';
import { maxManifestBytes } from './read-manifest.ts';

/**
 * The text of a manifest file. Never waits for a pipe, never reads more than a manifest may have.
 * @throws {PluginError} `REGISTRY_1906`
 */
export async function readSmallFile(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw unreadable('it is no regular file');
    const buffer = Buffer.alloc(Math.min(stats.size, maxManifestBytes) + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead > maxManifestBytes) throw unreadable(`it has more than ${maxManifestBytes} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function unreadable(what: string): PluginError {
  return new PluginError('REGISTRY_1906', { message: `the manifest cannot be read: ${what}. Replace it.` });
}
