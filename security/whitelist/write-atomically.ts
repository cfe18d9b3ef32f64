import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Replaces a file as a whole: whoever reads it sees the old text or the new, also after a loss of power. Mode and, as
 * far as we may, owner stay; a link stays a link. A new file gets 0644: a whitelist is no secret, but only its owner
 * writes it.
 */
export async function writeAtomically(file: string, text: string): Promise<void> {
  const path = await realpath(file).catch(() => resolve(file));
  const before = await stat(path).catch(() => undefined);
  const temporary = join(
    dirname(path),
    `.${basename(path)}.${process.pid}.${randomBytes(6).toString('hex')}`,
  );
  try {
    const handle = await open(temporary, 'wx', before === undefined ? 0o644 : before.mode & 0o777);
    try {
      if (before !== undefined) await keepOwner(handle, before);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function keepOwner(
  handle: FileHandle,
  before: { uid: number; gid: number; mode: number },
): Promise<void> {
  await handle.chown(before.uid, before.gid).catch(() => {});
  await handle.chmod(before.mode & 0o777);
}

/** Windows knows no sync of a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
