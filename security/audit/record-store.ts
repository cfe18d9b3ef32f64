import type { AuditRecordInput } from '../audit-sink.ts';
import type { Head } from './record.ts';

/** What is found when a store is opened. */
export interface Found {
  /** The last record; undefined in a new log. */
  readonly head: Head | undefined;
  /** What happened to it since it was last written, and belongs in the log. */
  readonly notes: readonly AuditRecordInput[];
}

/** Where the lines of a log are kept: a file, or a database. One writer at a time. */
export interface RecordStore {
  /** Its path, for messages. */
  readonly file: string;
  /** @throws {PluginError} `SECURITY_1806` when it cannot be written, or another process writes it. */
  open(): Promise<Found>;
  /**
   * Begins a new part if the current one has no room for so many bytes more. Gives the note that must come first in
   * a part, as long as it has no record.
   */
  makeRoom(bytes: number): Promise<AuditRecordInput | undefined>;
  /** Writes lines and syncs them to the disk: all of them, or none. */
  write(lines: readonly string[]): Promise<void>;
  /** Lets others write it. */
  close(): Promise<void>;
}
