import { createHash } from 'node:crypto';
import { basename } from 'node:path';

import { printable } from '../../src/core/printable.ts';
import { redact, redactText } from '../../src/core/redact.ts';
import type { AuditRecordInput } from '../audit-sink.ts';
import { auditError } from './audit-error.ts';
import { noHash, type AuditRecord, type Head } from './record.ts';

/** Details over this are replaced by their size, in bytes of JSON. */
const maxDetailsBytes = 32 * 1024;
/** A line is never longer, in bytes: details, names, and the escapes of both. */
export const maxLineBytes: number = 256 * 1024;

/** A record without its place in the chain. */
export interface Draft {
  readonly text: string;
  /** Of its line, at most. */
  readonly bytes: number;
}

/** What its place in the chain adds to a draft, at most: number and hashes. */
const sealBytes = 190;

const program = printable(basename(process.argv[1] ?? process.execPath), 200);

/**
 * What happened, ready to be written: secrets masked, size bounded, control characters escaped.
 * @throws {PluginError} `SECURITY_1806` for an event without a proper name.
 */
export function draftOf(input: AuditRecordInput, at: Date): Draft {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(input.event)) {
    const name = printable(input.event, 100);
    throw auditError(`'${name}' is no name of an event. Use lower-case words joined by _.`);
  }
  const body: Pick<AuditRecord, 'time' | 'event' | 'level' | 'plugin' | 'pid' | 'process' | 'details'> = {
    time: at.toISOString(),
    event: input.event,
    level: input.level,
    ...(input.plugin !== undefined && { plugin: printable(redactText(input.plugin), 200).slice(0, 256) }),
    pid: process.pid,
    process: program,
    ...(input.details !== undefined && { details: boundedDetails(input.details) }),
  };
  const text = jsonLine(body).slice(1, -1);
  return { text, bytes: Buffer.byteLength(text) + sealBytes };
}

function boundedDetails(details: Record<string, unknown>): Record<string, unknown> {
  const copy = redact(details);
  if (typeof copy !== 'object' || copy === null) return { unreadable: copy };
  const bytes = Buffer.byteLength(JSON.stringify(copy));
  if (bytes <= maxDetailsBytes) return { ...copy };
  return { omitted: `${bytes} bytes of details, over the limit of ${maxDetailsBytes}` };
}

/** One line: JSON, and all that could move a terminal or end a line for some reader is escaped. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A record in its place: the line, and the head that it makes. */
export interface Sealed {
  readonly line: string;
  readonly head: Head;
}

/** Puts a draft after the head of the chain. */
export function seal(draft: Draft, after: Head): Sealed {
  const seq = after.seq + 1;
  const unsealed = `{"v":1,"seq":${seq},${draft.text},"prev":"${after.hash}"}`;
  const hash = sha256(unsealed);
  return { line: `${unsealed.slice(0, -1)},"hash":"${hash}"}`, head: { seq, hash } };
}

/** What a line's own hash should be; `undefined` if it has none at its end. */
export function hashOfLine(line: string): string | undefined {
  const tail = line.length - `,"hash":"${noHash}"}`.length;
  if (!/^,"hash":"[0-9a-f]{64}"\}$/.test(line.slice(Math.max(tail, 0)))) return undefined;
  return sha256(`${line.slice(0, tail)}}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
