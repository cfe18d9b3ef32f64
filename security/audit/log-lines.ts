import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { auditError, auditFailure } from './audit-error.ts';
import { openForReading, type OpenedFile } from './open-log-file.ts';
import { partsOf } from './parts.ts';
import { linesOfFile, type LogLine } from './read-lines.ts';
import { isAuditDatabase, isDatabase, openDatabase } from './sqlite-database.ts';

/**
 * All lines of a log, oldest first: of its full parts and its current file, or of a database. Follows no link.
 * @throws {PluginError} `SECURITY_1806` when it cannot be read.
 */
export async function* logLines(path: string): AsyncGenerator<LogLine> {
  const file = resolve(path);
  if (await isReadableDatabase(file)) {
    yield* linesOfDatabase(file);
    return;
  }
  let read = 0;
  for (const part of await partsOf(file)) {
    yield* linesOfPart(part.path);
    read = part.number;
  }
  yield* currentLines(file, read);
}

/** The current file, and what became a full part while the others were read. */
async function* currentLines(file: string, read: number): AsyncGenerator<LogLine> {
  const current = await openPart(file);
  try {
    for (const part of await partsOf(file)) {
      if (part.number <= read) continue;
      if ((await lstat(part.path, { bigint: true })).ino === current.stats.ino) break; // it is the one that is open
      yield* linesOfPart(part.path);
    }
    yield* linesOfFile(current.handle, file);
  } finally {
    await current.handle.close();
  }
}

/** The lines of the newest part first, then of the one before, …: for the end of a long log. */
export async function* partsFromTheEnd(path: string): AsyncGenerator<AsyncIterable<LogLine>> {
  const file = resolve(path);
  if (await isReadableDatabase(file)) {
    yield linesOfDatabase(file);
    return;
  }
  yield linesOfPart(file);
  for (const part of (await partsOf(file)).toReversed()) yield linesOfPart(part.path);
}

async function* linesOfPart(file: string): AsyncGenerator<LogLine> {
  const { handle } = await openPart(file);
  try {
    yield* linesOfFile(handle, file);
  } finally {
    await handle.close();
  }
}

function openPart(file: string): Promise<OpenedFile> {
  return openForReading(file).catch((error: unknown) => {
    throw auditFailure('read', file, error);
  });
}

async function isReadableDatabase(file: string): Promise<boolean> {
  const { handle } = await openPart(file); // follows no link
  try {
    return await isDatabase(handle);
  } finally {
    await handle.close();
  }
}

const rowsAtOnce = 500;

async function* linesOfDatabase(file: string): AsyncGenerator<LogLine> {
  const database = await openDatabase(file, { readOnly: true });
  try {
    if (!isAuditDatabase(database)) throw auditError(`the database ${file} is no audit log. Name another.`);
    const select = database.prepare(
      `SELECT seq, record FROM audit WHERE seq > ? ORDER BY seq LIMIT ${rowsAtOnce}`,
    );
    for (let after = Number.MIN_SAFE_INTEGER; ;) {
      const rows = select.all(after) as { seq: number; record: string }[];
      for (const { seq, record } of rows) yield { file, line: seq, text: record, state: 'whole' };
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.seq;
    }
  } catch (error) {
    throw auditFailure('read', file, error);
  } finally {
    database.close();
  }
}
