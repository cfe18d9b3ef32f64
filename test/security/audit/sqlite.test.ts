import { readFile, rename, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { lastAuditRecords, readAuditLog, sqliteAuditLog, verifyAuditLog } from 'plugboard/security';
import { describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** It is built from source where no binary of it fits, so that nobody has to have it. */
const { default: Database } = await import('better-sqlite3').catch(() => ({ default: undefined }));
const refused = { event: 'plugin_rejected', level: 'security', plugin: 'auth' } as const;

async function writeDatabase(file: string, ticks: number): Promise<void> {
  const log = sqliteAuditLog(file);
  await log.open();
  const ticking = Array.from({ length: ticks }, (_, tick) =>
    log.append({ event: 'tick', level: 'info', details: { tick } }, tick % 2 === 0 ? 'durable' : 'grouped'),
  );
  await Promise.all(ticking);
  await log.close();
}

function change(file: string, sql: string): void {
  if (Database === undefined) throw new Error('the tests that need it are skipped without it');
  const database = new Database(file);
  database.exec(sql);
  database.close();
}

describe('an audit log in SQLite', () => {
  needsTool('better-sqlite3', Database !== undefined);

  it('holds the same chain as a file, and goes on where it ended', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.db');
    await writeDatabase(file, 1200);
    await writeDatabase(file, 5);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, records: 1209, firstSeq: 0 });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('can be asked in SQL, and by the same functions as a file, while it is written', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.db');
    const log = sqliteAuditLog(file);
    await log.open();
    await log.append({ ...refused, details: { apiKey: 'hunter2' } }, 'durable');
    if (Database === undefined) return;
    const database = new Database(file, { readonly: true });
    const rows = database
      .prepare("SELECT seq, plugin, level FROM audit WHERE event = 'plugin_rejected'")
      .all();
    database.close();
    expect(rows).toEqual([{ seq: 1, plugin: 'auth', level: 'security' }]);
    const read = await readAuditLog(file, { plugin: 'auth' }).next();
    expect(read.value).toMatchObject({ ...refused, details: { apiKey: '[redacted]' } });
    expect(await lastAuditRecords(file, 1)).toMatchObject([{ seq: 1 }]);
    await log.close();
  });

  it.each([
    ["UPDATE audit SET record = replace(record, 'tick', 'tock') WHERE seq = 4", 'edited', 4],
    ['DELETE FROM audit WHERE seq = 4', 'chain', 4],
    ['UPDATE audit SET seq = 40 WHERE seq = 4', 'chain', 4],
  ])('names the first bad record after %s', async (sql, kind, seq) => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.db');
    await writeDatabase(file, 8);
    change(file, sql);
    expect((await verifyAuditLog(file)).problem).toMatchObject({ kind, seq });
  });

  it('has one writer', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.db');
    const log = sqliteAuditLog(file);
    await log.open();
    await expect(sqliteAuditLog(file).open()).rejects.toThrow('by this process itself');
    await rename(file, `${file}.gone`);
    await expect(log.append(refused, 'durable')).rejects.toThrow('moved, removed or replaced');
    await expect(log.close()).rejects.toMatchObject({ code: 'SECURITY_1806' });
  });

  it('takes back a batch of which a part could not be written, and goes on', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.db');
    const log = sqliteAuditLog(file);
    await log.open();
    change(file, "INSERT INTO audit (seq, record) VALUES (2, '{}')");
    const both = await Promise.allSettled([log.append(refused, 'grouped'), log.append(refused, 'durable')]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    change(file, 'DELETE FROM audit WHERE seq = 2');
    await log.append(refused, 'durable');
    await log.close();
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, records: 5 });
    expect(await lastAuditRecords(file, 1, { event: 'records_lost' })).toMatchObject([
      { details: { count: 1 } },
    ]);
  });

  it('leaves another database alone, and follows no link', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'other.db');
    change(file, 'CREATE TABLE mine (a)');
    const before = await readFile(file);
    await expect(sqliteAuditLog(file).open()).rejects.toMatchObject({ code: 'SECURITY_1806' });
    expect((await readFile(file)).equals(before)).toBe(true);
    await symlink(file, join(folder.path, 'link.db'));
    await expect(sqliteAuditLog(join(folder.path, 'link.db')).open()).rejects.toThrow('symbolic link');
  });
});
