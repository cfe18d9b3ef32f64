import { z } from 'zod';

/** A SHA-256 in hex. */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What every line of an audit log is, and each row of one in SQLite. */
export const auditRecordSchema: z.ZodType<AuditRecord> = z.strictObject({
  v: z.literal(1),
  seq: z.int().nonnegative(),
  time: z.iso.datetime({ precision: 3 }),
  event: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  level: z.enum(['info', 'warn', 'critical', 'security']),
  plugin: z.string().max(256).optional(),
  pid: z.int().positive(),
  process: z.string().max(256),
  details: z.record(z.string(), z.unknown()).optional(),
  prev: sha256,
  hash: sha256,
});

/** One record of an audit log. docs/audit.md describes the file. */
export interface AuditRecord {
  /** The version of this form. */
  readonly v: 1;
  /** Counted from 0, without gaps, over all files of a log. */
  readonly seq: number;
  /** When it happened, by the host's clock: ISO 8601, UTC, milliseconds. */
  readonly time: string;
  /** Lower case, words joined by `_`, at most 64 characters. */
  readonly event: string;
  readonly level: 'info' | 'warn' | 'critical' | 'security';
  readonly plugin?: string | undefined;
  /** The host's process. */
  readonly pid: number;
  /** The host's program, without its folder. */
  readonly process: string;
  /** Plain JSON, secrets masked. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The `hash` of the record before; of the first 64 zeros. */
  readonly prev: string;
  /** SHA-256 in hex of the line as it stands without this member: of `{"v":1,…,"prev":"…"}` in UTF-8. */
  readonly hash: string;
}

/** What stands before the first record. */
export const noHash: string = '0'.repeat(64);

/** The last record that is written: the next one follows it. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first record. */
export const noHead: Head = { seq: -1, hash: noHash };
