import { randomBytes } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';

import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import { FileFault } from './file-fault.ts';
import { checkFolders } from './place.ts';
import { hasEnded, ownMark } from './owner-mark.ts';
import { sharedAbove, storeFolder } from './store-folder.ts';

const prefix = 'plugboard-verified-';

/**
 * Where verified copies lie while they run: a folder that only this user may enter, with a folder of its own for each
 * start. What a host left behind that was killed is removed when the next one opens its store.
 */
export class Store {
  readonly #root: string;
  readonly #where: string;
  /** A folder above it that others may put something into; undefined if there is none. */
  readonly shared: string | undefined;

  private constructor(root: string, where: string, shared: string | undefined) {
    this.#root = root;
    this.#where = where;
    this.shared = shared;
  }

  /**
   * Makes a store in `folder` (made if missing), or where `storeFolder` says.
   * @throws {PluginError} `SECURITY_1805` when others may write the folder, or it cannot be made.
   */
  static async open(folder: string | undefined): Promise<Store> {
    const where = await storeFolder(folder).catch((error: unknown) => {
      throw unusable(folder ?? tmpdir(), 'it cannot be made', error);
    });
    await sweep(where);
    try {
      const root = await realpath(await mkdtemp(join(where, `${prefix}${ownMark()}-`)));
      const store = new Store(root, where, await sharedAbove(where));
      await checkFolders(root, parse(root).root).catch(async (error: unknown) => {
        await store.close();
        throw error;
      });
      return store;
    } catch (error) {
      throw unusable(where, error instanceof FileFault ? error.message : 'it cannot be written', error);
    }
  }

  /** A new empty folder for one start. */
  async folder(): Promise<string> {
    const path = join(this.#root, randomBytes(8).toString('hex'));
    await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      throw unusable(this.#where, 'it cannot be written', error);
    });
    return path;
  }

  /** Removes the folder of a start. Never rejects: what is left is swept later. */
  async remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }

  /** Removes it whole. Never rejects. */
  close(): Promise<void> {
    return this.remove(this.#root);
  }
}

async function sweep(where: string): Promise<void> {
  const names = await readdir(where).catch(() => []);
  const left = names.filter((name) => name.startsWith(prefix) && hasEnded(name.slice(prefix.length)));
  await Promise.all(left.map((name) => removeOwn(join(where, name))));
}

/** Only what is ours: in a shared folder anybody may make one of our names. */
async function removeOwn(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  const isOurs = process.getuid === undefined || stats?.uid === process.getuid();
  if (stats?.isDirectory() === true && isOurs)
    await rm(path, { recursive: true, force: true }).catch(() => {});
}

function unusable(folder: string, why: string, cause?: unknown): PluginError {
  const message = `verified copies cannot be kept in ${printable(folder, 300)}: ${printable(why, 300)}. Give the gate another 'storeDir'.`;
  return new PluginError('SECURITY_1805', { message, cause });
}
