import { createHash } from 'node:crypto';
import { lstat, rename } from 'node:fs/promises';
import { basename } from 'node:path';

import type { FileHandle } from 'node:fs/promises';

import { printable } from '../../src/core/printable.ts';
import type { AuditRecordInput } from '../audit-sink.ts';
import { auditError } from './audit-error.ts';
import { readTail, type LogTail } from './log-tail.ts';
import { openForAppending, openForReading, syncFolderOf } from './open-log-file.ts';
import { partName, partsOf } from './parts.ts';
import type { Head } from './record.ts';
import type { Found, RecordStore } from './record-store.ts';
import { takeWriterLock, type WriterLock } from './writer-lock.ts';

/** A log in a file of JSON lines, with its full parts beside it. */
export class FileStore implements RecordStore {
  readonly file: string;
  readonly #maxFileBytes: number;
  #lock: WriterLock | undefined;
  #handle: FileHandle | undefined;
  #ino = 0n;
  /** What is written and synced; more in the file is left of a write that failed. */
  #size = 0;
  #isCut = true;
  #nextPart = 1;
  /** The part that the current file follows, until its first record says so. */
  #after: string | undefined;

  constructor(file: string, maxFileBytes: number) {
    this.file = file;
    this.#maxFileBytes = maxFileBytes;
  }

  async open(): Promise<Found> {
    this.#lock = await takeWriterLock(this.file);
    try {
      return await this.#openFile();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #openFile(): Promise<Found> {
    const parts = await partsOf(this.file);
    const newest = parts.at(-1);
    this.#nextPart = (newest?.number ?? 0) + 1;
    const size = await this.#reopen();
    const tail = this.#usable(await readTail(this.#opened(), size), this.file);
    const notes = tail.kind === 'empty' ? [] : await this.#repaired(tail.torn);
    if (tail.kind === 'record') return { head: tail.head, notes };
    this.#after = newest?.path;
    return { head: newest && (await this.#headOf(newest.path)), notes };
  }

  /** Opens the current file, made if it is not there. */
  async #reopen(): Promise<number> {
    const { handle, stats } = await openForAppending(this.file);
    this.#handle = handle;
    this.#ino = stats.ino;
    this.#size = Number(stats.size);
    if (this.#size === 0) await syncFolderOf(this.file);
    return this.#size;
  }

  async #headOf(part: string): Promise<Head> {
    const { handle, stats } = await openForReading(part);
    try {
      const tail = this.#usable(await readTail(handle, Number(stats.size)), part);
      if (tail.kind === 'record' && tail.torn.length === 0) return tail.head;
      throw unusable(part, 'it does not end with an audit record');
    } finally {
      await handle.close();
    }
  }

  #usable(tail: LogTail, file: string): Exclude<LogTail, { kind: 'damaged' }> {
    if (tail.kind === 'damaged') throw unusable(file, tail.reason);
    return tail;
  }

  /** Cuts off a line whose writing was cut off, and says so. */
  async #repaired(torn: Buffer): Promise<AuditRecordInput[]> {
    if (torn.length === 0) return [];
    this.#size -= torn.length;
    await this.#opened().truncate(this.#size);
    const sha256 = createHash('sha256').update(torn).digest('hex');
    const details = { cutBytes: torn.length, sha256, began: torn.toString('utf8', 0, 200) };
    return [{ event: 'log_repaired', level: 'warn', details }];
  }

  async makeRoom(bytes: number): Promise<AuditRecordInput | undefined> {
    if (this.#handle === undefined) await this.#reopen(); // there was no room for a new part before
    if (this.#size > 0 && this.#size + bytes > this.#maxFileBytes) await this.#beginPart();
    if (this.#after === undefined) return undefined;
    return { event: 'log_rotated', level: 'info', details: { after: basename(this.#after) } };
  }

  async #beginPart(): Promise<void> {
    await this.#checkPlace();
    const part = partName(this.file, this.#nextPart);
    await rename(this.file, part);
    this.#nextPart++;
    this.#after = part;
    const full = this.#handle;
    this.#handle = undefined;
    await full?.close();
    await this.#reopen();
  }

  async write(lines: readonly string[]): Promise<void> {
    await this.#checkPlace();
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    this.#isCut = false;
    try {
      await writeAll(this.#opened(), bytes);
      await this.#opened().datasync();
    } catch (error) {
      await this.#cutBack().catch(() => {}); // tried again before the next write
      throw error;
    }
    this.#size += bytes.length;
    this.#isCut = true;
    this.#after = undefined;
  }

  /** Half a batch must not stay: the next line would begin in its middle. */
  async #cutBack(): Promise<void> {
    await this.#opened().truncate(this.#size);
    this.#isCut = true;
  }

  /** Whether what is open is still what its name leads to, and as long as we left it. */
  async #checkPlace(): Promise<void> {
    if (this.#lock !== undefined && !(await this.#lock.isHeld()))
      throw unusable(this.file, 'its lock was removed');
    const stats = await lstat(this.file, { bigint: true }).catch(() => undefined);
    if (stats?.ino !== this.#ino) throw unusable(this.file, 'it was moved, removed or replaced');
    if (!this.#isCut) await this.#cutBack();
    else if (stats.size !== BigInt(this.#size)) throw unusable(this.file, 'somebody else wrote it or cut it');
  }

  #opened(): FileHandle {
    if (this.#handle === undefined) throw unusable(this.file, 'it is not open');
    return this.#handle;
  }

  async close(): Promise<void> {
    const [handle, lock] = [this.#handle, this.#lock];
    this.#handle = undefined;
    this.#lock = undefined;
    try {
      await handle?.close();
    } finally {
      await lock?.release();
    }
  }
}

function unusable(file: string, reason: string): Error {
  return auditError(
    `the audit log ${printable(file, 300)} is not written: ${reason}. Look with \`plugboard audit verify\`, then move its files away and start the host again.`,
  );
}

/** The system may write less than it was given, before it says that the disk is full. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written);
    written += bytesWritten;
  }
}
