import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { link, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';

import { z } from 'zod';

import { printable } from '../../src/core/printable.ts';
import { auditError, systemCode } from './audit-error.ts';
import { processStart, runsSince } from './process-start.ts';

/** Who writes a log. */
const holderSchema = z.strictObject({
  pid: z.int().positive(),
  /** When that process started; undefined where the system does not tell. */
  start: z.string().max(100).optional(),
  host: z.string().max(300),
  /** No two are alike, so that a lock can be told from a later one of the same process. */
  id: z.string().max(100),
});
type Holder = z.infer<typeof holderSchema>;

/** The right to write one log, held by one process at a time, and given up by its death. */
export interface WriterLock {
  /** Whether it still stands: somebody may have removed it by hand. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

const maxAttempts = 20;

/**
 * Takes the lock of a log: a file beside it that names the holder.
 * @throws {PluginError} `SECURITY_1806`, naming the holder, when another holds it.
 */
export async function takeWriterLock(file: string): Promise<WriterLock> {
  const path = `${file}.lock`;
  const id = randomUUID();
  const own = `${path}.${id}`;
  const start = await processStart(process.pid);
  const us: Holder = { pid: process.pid, ...(start !== undefined && { start }), host: hostname(), id };
  await writeFile(own, JSON.stringify(us), { mode: 0o600, flag: 'wx' });
  try {
    const ours = await lstat(own, { bigint: true });
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if (await linked(own, path)) return heldLock(path, ours);
      await yieldIfStale(file, path);
    }
    throw auditError(
      `the lock ${printable(path, 300)} is taken and left all the time. Let one process write the log.`,
    );
  } finally {
    await rm(own, { force: true });
  }
}

function heldLock(path: string, { ino, mtimeNs }: BigIntStats): WriterLock {
  const isHeld = async (): Promise<boolean> => {
    const stats = await lstat(path, { bigint: true }).catch(() => undefined);
    // a number is given again once its file is gone
    return stats?.ino === ino && stats.mtimeNs === mtimeNs;
  };
  return {
    isHeld,
    async release() {
      if (await isHeld()) await rm(path, { force: true });
    },
  };
}

/** A link appears whole and only where nothing stands: nobody sees a lock half-written. */
async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Puts a lock aside whose holder is dead; one of the living is the end of it. */
async function yieldIfStale(file: string, path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  // a pipe or a link to one would hold whoever reads it
  const text = stats?.isFile() === false ? '' : await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return; // given back meanwhile
  const holder = holderOf(text);
  if (holder === undefined)
    throw auditError(`${printable(path, 300)} is no lock of an audit log. Remove it.`);
  if (holder.host !== hostname()) {
    throw held(file, `process ${holder.pid} of the computer ${printable(holder.host, 100)}`, path);
  }
  if (await runsSince(holder.pid, holder.start)) {
    throw held(file, holder.pid === process.pid ? 'this process itself' : `process ${holder.pid}`, path);
  }
  await putAside(path, text);
}

/** Whoever comes second finds a fresh lock under its hands instead of the stale one, and puts it back. */
async function putAside(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function holderOf(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function held(file: string, by: string, path: string): Error {
  return auditError(
    `the audit log ${printable(file, 300)} is being written by ${by}. Give each host a log of its own; if that one is dead for certain, remove ${printable(path, 300)}.`,
  );
}
