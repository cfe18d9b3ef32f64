import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { printable } from '../../src/core/printable.ts';
import type { AuditSink } from '../audit-sink.ts';
import { auditError } from './audit-error.ts';
import { checkLog } from './check-log.ts';
import { logOn, type AuditLogOptions } from './open-audit-log.ts';
import { openForAppending } from './open-log-file.ts';
import { readRecord } from './parse-record.ts';
import type { Head } from './record.ts';
import type { Found, RecordStore } from './record-store.ts';
import { openDatabase, prepareTables, type SqliteDatabase } from './sqlite-database.ts';
import { takeWriterLock, type WriterLock } from './writer-lock.ts';

/**
 * An audit log in a SQLite database: table `audit`, whose `record` holds the same lines as a file's, and columns
 * `time`, `event`, `level`, `plugin` taken from them for queries. Uses Node's own SQLite (22.13 and later), else the
 * package better-sqlite3. SQLite writes on the thread of its caller; where the disk is slow `auditLog` is kinder.
 * @throws {PluginError} `SECURITY_1806` for a key that cannot sign checkpoints.
 */
export function sqliteAuditLog(file: string, options: AuditLogOptions = {}): AuditSink {
  checkLog(file, options, 'sqliteAuditLog');
  return logOn(new SqliteStore(resolve(file)), options);
}

class SqliteStore implements RecordStore {
  readonly file: string;
  #lock: WriterLock | undefined;
  #database: SqliteDatabase | undefined;
  #ino = 0n;

  constructor(file: string) {
    this.file = file;
  }

  async open(): Promise<Found> {
    this.#lock = await takeWriterLock(this.file);
    try {
      // makes it for the owner alone, and follows no link
      const { handle, stats } = await openForAppending(this.file);
      await handle.close();
      this.#ino = stats.ino;
      this.#database = await openDatabase(this.file, { readOnly: false });
      prepareTables(this.#database);
      return { head: this.#head(this.#database), notes: [] };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #head(database: SqliteDatabase): Head | undefined {
    const rows = database.prepare('SELECT seq, record FROM audit ORDER BY seq DESC LIMIT 1').all();
    const [row] = rows as { seq: number; record: string }[];
    if (row === undefined) return undefined;
    const last = readRecord(row.record);
    if (last.kind !== 'record') throw this.#unusable(`of its last record: ${last.reason}`);
    return { seq: last.record.seq, hash: last.record.hash };
  }

  /** SQLite keeps a log in one file. */
  makeRoom(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async write(lines: readonly string[]): Promise<void> {
    const database = this.#database;
    if (database === undefined) throw this.#unusable('it is not open');
    if (!(await this.#lock?.isHeld())) throw this.#unusable('its lock was removed');
    const stats = await lstat(this.file, { bigint: true }).catch(() => undefined);
    if (stats?.ino !== this.#ino) throw this.#unusable('it was moved, removed or replaced');
    database.exec('BEGIN IMMEDIATE');
    try {
      const insert = database.prepare(`INSERT INTO audit (seq, record) VALUES (json_extract(?, '$.seq'), ?)`);
      for (const line of lines) insert.run(line, line);
      database.exec('COMMIT');
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }

  async close(): Promise<void> {
    const [database, lock] = [this.#database, this.#lock];
    this.#database = undefined;
    this.#lock = undefined;
    try {
      database?.close();
    } finally {
      await lock?.release();
    }
  }

  #unusable(reason: string): Error {
    return auditError(
      `the audit log ${printable(this.file, 300)} is not written: ${reason}. Look with \`plugboard audit verify\`, then move it away and start the host again.`,
    );
  }
}

/** A full disk has rolled it back already. */
function rollBack(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // no transaction is open
  }
}
