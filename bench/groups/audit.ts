import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditLog, type AuditRecordInput } from 'plugboard/security';
import { race, type Contender } from '../measure/race.ts';
import type { Report } from '../report/report.ts';
import { timeRows, timesAsLong } from '../report/rows.ts';

const record: AuditRecordInput = {
  event: 'plugin_rejected',
  level: 'security',
  plugin: 'auth',
  details: { violations: [{ kind: 'hash_mismatch', expected: `sha256:${'a'.repeat(64)}` }] },
};
/** A line as long as the log's own, for those who write it bare. */
const line = `${'x'.repeat(420)}\n`;
const about = 'one record';

/** What a record in the audit log costs, with and without waiting for the disk, beside bare appends to a file. */
export async function run(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'plugboard-bench-'));
  try {
    return await report(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function report(folder: string): Promise<Report> {
  const log = auditLog(join(folder, 'audit.jsonl'));
  await log.open();
  await using file = await open(join(folder, 'bare'), 'a');
  const oneByOne =
    (work: () => Promise<unknown>): Contender['run'] =>
    async (calls) => {
      for (let call = 0; call < calls; call++) await work();
    };
  const atOnce =
    (size: number): Contender['run'] =>
    async (calls) => {
      for (let call = 0; call < calls; call += size) {
        await Promise.all(Array.from({ length: size }, () => log.append(record, 'durable')));
      }
    };
  // the last one waits for all before it, so that their writing is in the time
  const grouped: Contender['run'] = async (calls) => {
    for (let call = 1; call < calls; call++) await log.append(record, 'grouped');
    await log.append(record, 'durable');
  };
  const laps = await race(
    [
      { name: 'a durable record, alone', run: oneByOne(() => log.append(record, 'durable')) },
      { name: 'a durable record, of 100 at once', run: atOnce(100) },
      { name: 'a grouped record, written and synced with 499 others', run: grouped },
      {
        name: 'a bare append with fdatasync',
        run: oneByOne(async () => {
          await file.write(line);
          await file.datasync();
        }),
      },
      { name: 'a bare append without sync', run: oneByOne(() => file.write(line)) },
    ],
    { rounds: 9, calls: 500 },
  );
  await log.close();
  return {
    group: 'audit',
    about: 'a record in the audit log: durable ones wait for the disk, grouped ones are synced every 50 ms',
    times: timeRows(laps, about),
    ratios: [
      timesAsLong(laps, about, ['a durable record, alone', 'a bare append with fdatasync']),
      timesAsLong(laps, about, ['a durable record, of 100 at once', 'a bare append with fdatasync']),
      timesAsLong(laps, about, [
        'a grouped record, written and synced with 499 others',
        'a bare append without sync',
      ]),
    ],
    facts: [],
  };
}
