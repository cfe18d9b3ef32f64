import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { messageOf, PluginError } from '../../src/core/errors.ts';
import { folderPrefix, noteOwners, reapOrphans } from './orphans.ts';

/** Systems take paths of sockets of 103 bytes at least; a plugin adds a name of its own to that of the folder. */
const maxFolderBytes = 103 - '/plugin1234567890'.length;

const nameBytes = '/pb-abcdef'.length;

/** A folder for the sockets of one plugin, which nobody else may look into. */
export interface SocketFolder {
  /** Undefined where plugins have no unix sockets. */
  readonly path: string | undefined;
  /** Notes which process it is for. */
  belongsTo(plugin: number): Promise<void>;
  /** Removes it with what was left in it. Never rejects. */
  remove(): Promise<void>;
}

/** What hosts left behind is looked for once, by the first start of this one. */
const reaped = new Map<string, Promise<void>>();

/**
 * Makes a folder of mode 0700 with a short path: that of `TMPDIR` may be too long for a socket.
 * @throws {PluginError} `REGISTRY_1908` where none can be made.
 */
export async function makeSocketFolder(): Promise<SocketFolder> {
  const nothing = async (): Promise<void> => {};
  if (process.platform === 'win32') return { path: undefined, belongsTo: nothing, remove: nothing };
  const isShort = Buffer.byteLength(tmpdir()) + nameBytes <= maxFolderBytes;
  const parent = isShort ? tmpdir() : '/tmp';
  const reaping = reaped.get(parent) ?? reapOrphans(parent);
  reaped.set(parent, reaping);
  await reaping;
  try {
    const path = await mkdtemp(join(parent, folderPrefix));
    await noteOwners(path);
    const remove = (): Promise<void> => rm(path, { recursive: true, force: true }).catch(() => {});
    return { path, belongsTo: (plugin) => noteOwners(path, plugin), remove };
  } catch (cause) {
    const message = `no folder for the plugin's sockets can be made in ${parent}: ${messageOf(cause)}. Set TMPDIR to a short path that can be written to.`;
    throw new PluginError('REGISTRY_1908', { message, cause });
  }
}
