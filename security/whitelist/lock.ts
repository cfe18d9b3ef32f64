import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import { hasEnded, ownMark } from '../start/owner-mark.ts';

const tryEveryMs = 20;
const maxTries = 250;

/**
 * Lets one change of a file follow the other, of this process and of others; what a killed process left is not waited
 * for.
 * @throws {PluginError} `SECURITY_1802` when another holds it for more than 5 s.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const path = resolve(file);
  const lock = join(dirname(path), `.${basename(path)}.lock`);
  await take(lock);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<void> {
  for (let tries = 0; tries < maxTries; tries++) {
    try {
      return await writeFile(lock, ownMark(), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
        throw cannotWrite(lock, error);
    }
    const holder = await readFile(lock, 'utf8').catch(() => '');
    if (!hasEnded(holder) || !(await removedStale(lock, holder))) await sleep(tryEveryMs);
  }
  const message = `the whitelist is being changed by another process. Try again; if none is running, remove ${printable(lock, 300)}.`;
  throw new PluginError('SECURITY_1802', { message });
}

/** One at a time: whoever comes second would remove the lock of who came first. */
async function removedStale(lock: string, stale: string): Promise<boolean> {
  const turn = `${lock}.turn`;
  try {
    await writeFile(turn, '', { flag: 'wx', mode: 0o600 });
  } catch {
    return false;
  }
  try {
    if ((await readFile(lock, 'utf8').catch(() => '')) === stale) await rm(lock, { force: true });
    return true;
  } finally {
    await rm(turn, { force: true });
  }
}

function cannotWrite(lock: string, cause: unknown): PluginError {
  const message = `the folder of the whitelist cannot be written: ${printable(String(cause), 300)}. Check its rights and its disk (${printable(lock, 300)}).`;
  return new PluginError('SECURITY_1802', { message, cause });
}
