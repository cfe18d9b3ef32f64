import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as z from 'zod';

import { identityOf, isRunning, processSpace } from './process-identity.ts';

/** The name of every folder for sockets begins with it. */
export const folderPrefix = 'pb-';

/** In every folder for sockets; no plugin names a socket so. */
const recordName = '.host.json';

const identity = z.object({ pid: z.int().min(2), start: z.string().optional() });

const record = z.object({ space: z.string(), host: identity, plugin: identity.optional() });

/** Notes in a folder whose it is, for the case that nobody is left to remove it. */
export async function noteOwners(folder: string, plugin?: number): Promise<void> {
  const owners: z.infer<typeof record> = {
    space: processSpace(),
    host: identityOf(process.pid),
    ...(plugin !== undefined && { plugin: identityOf(plugin) }),
  };
  await writeFile(join(folder, recordName), JSON.stringify(owners), { mode: 0o600 }).catch(() => {});
}

/**
 * Removes the folders of hosts that are gone, and ends the plugins that a killed host left running where even the shell
 * that waits for its end was killed. A folder of another user, or from another container, is left alone.
 */
export async function reapOrphans(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  const folders = names.filter((name) => name.startsWith(folderPrefix)).map((name) => join(parent, name));
  await Promise.all(folders.map((folder) => reap(folder).catch(() => {})));
}

async function reap(folder: string): Promise<void> {
  const stat = await lstat(folder);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) return;
  const { space, host, plugin } = record.parse(JSON.parse(await readFile(join(folder, recordName), 'utf8')));
  if (space !== processSpace() || isRunning(identityFrom(host))) return;
  if (plugin?.start !== undefined && isRunning(identityFrom(plugin))) process.kill(-plugin.pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
}

function identityFrom({ pid, start }: z.infer<typeof identity>): { pid: number; start: string | undefined } {
  return { pid, start };
}
