import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { auditLog, type AuditFileOptions, type AuditRecord } from 'plugboard/security';

/** The lines of a log's file. */
export async function linesOf(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split('\n').slice(0, -1);
}

/** The records of a log's file, unchecked. */
export async function recordsOf(file: string): Promise<AuditRecord[]> {
  return (await linesOf(file)).map((line) => JSON.parse(line) as AuditRecord);
}

/** Writes a log of so many records `tick` between its first and its last. */
export async function writeLog(file: string, ticks: number, options?: AuditFileOptions): Promise<void> {
  const log = auditLog(file, options);
  await log.open();
  for (let tick = 0; tick < ticks; tick++) {
    await log.append({ event: 'tick', level: 'info', details: { tick } }, 'grouped');
  }
  await log.close();
}

/** Changes the lines of a file. */
export async function changeLines(file: string, change: (lines: string[]) => string[]): Promise<void> {
  const lines = change(await linesOf(file));
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
}

/** What somebody does who knows how the chain is made: every hash anew. */
export function chainedAnew(lines: readonly string[], seqAt = (at: number): number => at): string[] {
  let prev = '0'.repeat(64);
  return lines.map((line, at) => {
    const { hash: _, ...record } = JSON.parse(line) as AuditRecord;
    const unsealed = JSON.stringify({ ...record, seq: seqAt(at), prev });
    prev = createHash('sha256').update(unsealed).digest('hex');
    return `${unsealed.slice(0, -1)},"hash":"${prev}"}`;
  });
}
