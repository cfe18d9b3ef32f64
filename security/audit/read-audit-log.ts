import { checkLog } from './check-log.ts';
import { logLines, partsFromTheEnd } from './log-lines.ts';
import { readRecord } from './parse-record.ts';
import type { LogLine } from './read-lines.ts';
import type { AuditRecord } from './record.ts';

/** Which records are wanted; all that is said must hold. */
export interface AuditFilter {
  readonly event?: string | undefined;
  readonly plugin?: string | undefined;
  readonly level?: AuditRecord['level'] | undefined;
  /** Not before. */
  readonly since?: Date | undefined;
  /** Before. */
  readonly until?: Date | undefined;
}

/**
 * The records of a log, oldest first, of all its parts or of a database. Lines that are no good records are left out;
 * `verifyAuditLog` names them.
 * @throws {PluginError} `SECURITY_1806` when it cannot be read.
 */
export async function* readAuditLog(file: string, filter: AuditFilter = {}): AsyncGenerator<AuditRecord> {
  checkLog(file, filter, 'readAuditLog');
  for await (const line of logLines(file)) {
    const record = recordOf(line);
    if (record !== undefined && isWanted(record, filter)) yield record;
  }
}

/**
 * The last records of a log that are wanted, oldest first.
 * @throws {PluginError} `SECURITY_1806` when it cannot be read.
 */
export async function lastAuditRecords(
  file: string,
  count: number,
  filter: AuditFilter = {},
): Promise<AuditRecord[]> {
  checkLog(file, filter, 'lastAuditRecords');
  let found: AuditRecord[] = [];
  for await (const part of partsFromTheEnd(file)) {
    const last: AuditRecord[] = [];
    for await (const line of part) {
      const record = recordOf(line);
      if (record === undefined || !isWanted(record, filter)) continue;
      last.push(record);
      if (last.length > 2 * count) last.splice(0, last.length - count);
    }
    found = [...last, ...found].slice(-count);
    if (found.length >= count) break;
  }
  return found;
}

function recordOf(line: LogLine): AuditRecord | undefined {
  if (line.state !== 'whole') return undefined;
  const read = readRecord(line.text);
  return read.kind === 'record' ? read.record : undefined;
}

function isWanted(record: AuditRecord, { event, plugin, level, since, until }: AuditFilter): boolean {
  if (event !== undefined && record.event !== event) return false;
  if (plugin !== undefined && record.plugin !== plugin) return false;
  if (level !== undefined && record.level !== level) return false;
  const at = Date.parse(record.time);
  return (since === undefined || at >= since.getTime()) && (until === undefined || at < until.getTime());
}
