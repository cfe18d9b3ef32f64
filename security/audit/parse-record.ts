import { hashOfLine, jsonLine, maxLineBytes } from './draft.ts';
import { auditRecordSchema, type AuditRecord } from './record.ts';

/** A line that is read: a record whose own hash is right, or what is wrong with it. */
export type ReadRecord =
  | { readonly kind: 'record'; readonly record: AuditRecord }
  | { readonly kind: 'damaged' | 'edited'; readonly reason: string };

/** Reads one line and checks it by itself; its place in the chain is for others to check. */
export function readRecord(line: string): ReadRecord {
  if (line.length > maxLineBytes) return damaged('it is too long');
  const record = parsed(line);
  if (record === undefined) return damaged('it is no audit record');
  // One record has one spelling; a second member of the same name would say different things to different readers.
  if (jsonLine(record) !== line) return damaged('it is not spelled as records are written');
  if (hashOfLine(line) !== record.hash) {
    return { kind: 'edited', reason: 'its content does not belong to its hash: it was edited' };
  }
  return { kind: 'record', record };
}

function damaged(reason: string): ReadRecord {
  return { kind: 'damaged', reason };
}

function parsed(line: string): AuditRecord | undefined {
  try {
    const value = JSON.parse(line) as AuditRecord;
    return auditRecordSchema.safeParse(value).success ? value : undefined;
  } catch {
    return undefined; // no JSON, or nested so deep that it can only be hostile
  }
}
