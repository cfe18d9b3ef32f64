import {
  auditKey,
  lastAuditRecords,
  readAuditLog,
  verifyAuditLog,
  type AuditFilter,
  type AuditRecord,
  type AuditVerification,
} from 'plugboard/security';

import { oneLine, usageError } from '../failure.ts';
import { print, problemFound, write } from '../output.ts';

interface JsonOption {
  readonly json?: boolean;
}

/** `plugboard audit verify`. */
export interface VerifyLogOptions extends JsonOption {
  readonly checkpoints?: string;
  readonly key?: string;
}

/** `plugboard audit query`. */
export type QueryOptions = JsonOption & AuditFilter;

/** `plugboard audit tail`. */
export type TailOptions = QueryOptions & { readonly lines: number };

export async function verify(
  log: string,
  { checkpoints, key, json = false }: VerifyLogOptions,
): Promise<void> {
  if ((checkpoints === undefined) !== (key === undefined)) {
    throw usageError(
      'checkpoints and the key that signed them belong together: give --checkpoints and --key',
    );
  }
  const against = key === undefined ? {} : { checkpoints, key: await auditKey(key) };
  const found = await verifyAuditLog(log, against);
  await print(found, sentencesOf(found).map(oneLine).join('\n'), json);
  if (!found.ok) problemFound();
}

function sentencesOf(found: AuditVerification): string[] {
  const { ok, problem, records, firstSeq, lastSeq, checkpoints, unanchored, unfinished } = found;
  const range = records === 0 ? '' : ` (${firstSeq} to ${lastSeq})`;
  const said = [ok ? `good: ${records} records${range}` : `bad: ${problem?.message ?? ''}`];
  if (!ok && records > 0) said.push(`before it are ${records} good records${range}`);
  if (firstSeq !== undefined && firstSeq > 0) said.push(`records 0 to ${firstSeq - 1} are not here`);
  if (unfinished) said.push('the last line is unfinished; the next start repairs it');
  if (!ok) return said;
  if (checkpoints === undefined)
    said.push('without checkpoints: a cut end or a log written anew would not show');
  else said.push(`${checkpoints} checkpoints hold; ${unanchored} records stand behind the last`);
  return said;
}

export async function tail(log: string, { lines, json = false, ...filter }: TailOptions): Promise<void> {
  for (const record of await lastAuditRecords(log, lines, filter)) await write(lineOf(record, json));
}

export async function query(log: string, { json = false, ...filter }: QueryOptions): Promise<void> {
  for await (const record of readAuditLog(log, filter)) await write(lineOf(record, json));
}

function lineOf(record: AuditRecord, asJson: boolean): string {
  if (asJson) return JSON.stringify(record);
  const { time, level, event, plugin, details } = record;
  const words = [time, level.padEnd(8), event, plugin, details && JSON.stringify(details)];
  return oneLine(words.filter((word) => word !== undefined).join('  '));
}
