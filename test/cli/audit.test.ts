import { createSecretKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditLog, sqliteAuditLog, type AuditRecord } from 'plugboard/security';
import { describe, expect, it } from 'vitest';
import { needsToolNow } from '../languages/tool.ts';
import { hasSqlite } from '../support/sqlite.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { chainedAnew, changeLines } from '../security/audit/logs.ts';
import { plugboard } from './plugboard.ts';

const secret = 'correct horse battery staple';

/** A folder with a log of two parts, its checkpoints and their key. */
async function logFolder(): Promise<TempFolder> {
  const folder = await tempFolder();
  await folder.write('audit.key', `${secret}\n`);
  const key = createSecretKey(Buffer.from(secret));
  const log = auditLog(join(folder.path, 'audit.jsonl'), {
    maxFileBytes: 5000,
    checkpoints: { to: join(folder.path, 'checkpoints.jsonl'), key },
  });
  await log.open();
  for (let tick = 0; tick < 15; tick++) {
    await log.append(
      { event: 'tick', level: 'info', plugin: tick % 2 === 0 ? 'even' : 'odd', details: { tick } },
      'durable',
    );
  }
  await log.append({ event: 'plugin_rejected', level: 'security', plugin: 'a\u001b[2J' }, 'durable');
  await log.close();
  return folder;
}

const anchored = ['--checkpoints', 'checkpoints.jsonl', '--key', 'audit.key'];

describe('plugboard audit verify', () => {
  it('says that a log is good, and what it cannot know', async () => {
    await using folder = await logFolder();
    const bare = await plugboard(folder.path, 'audit', 'verify', 'audit.jsonl');
    expect(bare).toMatchObject({ exitCode: 0, stderr: '' });
    expect(bare.stdout).toMatch(/^good: 19 records \(0 to 18\)\nwithout checkpoints: /);
    const full = await plugboard(folder.path, 'audit', 'verify', 'audit.jsonl', ...anchored);
    expect(full.stdout).toBe(
      'good: 19 records (0 to 18)\n1 checkpoints hold; 0 records stand behind the last\n',
    );
  });

  it.each<[string, string, (lines: string[]) => string[], RegExp]>([
    [
      'edited',
      'audit.jsonl.000001',
      (lines) => lines.with(1, (lines[1] ?? '').replace('tick', 'tock')),
      /^bad: record 1, line 2 of .*audit\.jsonl\.000001: .*it was edited\n/,
    ],
    ['truncated', 'audit.jsonl', (lines) => lines.slice(0, -2), /^bad: record 17 is missing: /],
  ])('names the first bad record of a log that was %s', async (_what, file, change, message) => {
    await using folder = await logFolder();
    await changeLines(join(folder.path, file), change);
    const { exitCode, stdout, stderr } = await plugboard(
      folder.path,
      'audit',
      'verify',
      'audit.jsonl',
      ...anchored,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(stdout).toMatch(message);
  });

  it('names it in JSON too, of a log that was written anew', async () => {
    await using folder = await logFolder();
    const file = join(folder.path, 'audit.jsonl');
    await changeLines(`${file}.000001`, (lines) => chainedAnew(lines));
    await writeFile(file, '');
    const { exitCode, stdout } = await plugboard(folder.path, 'audit', 'verify', file, ...anchored, '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, problem: { kind: 'truncated' } });
  });

  it('cannot check what is not there', async () => {
    await using folder = await logFolder();
    expect(await plugboard(folder.path, 'audit', 'verify', 'none')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringMatching(
        /^error SECURITY_1806: .*there is no such file\. Name another\.\n$/,
      ) as string,
    });
  });
});

describe('plugboard audit tail and query', () => {
  it('show the last records, on one line each that moves no terminal', async () => {
    await using folder = await logFolder();
    const { exitCode, stdout } = await plugboard(folder.path, 'audit', 'tail', 'audit.jsonl', '-n', '2');
    expect(exitCode).toBe(0);
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/ {2}security {2}plugin_rejected {2}a\\u001b\[2J$/);
    expect(stdout).not.toContain('\u001b');
    const tick = await plugboard(folder.path, 'audit', 'tail', 'audit.jsonl', '-n', '1', '--event', 'tick');
    expect(tick.stdout).toMatch(/^\d{4}-.*Z {2}info {6}tick {2}even {2}\{"tick":14\}\n$/);
  });

  it('reach back over the parts, and give JSON lines', async () => {
    await using folder = await logFolder();
    const { stdout } = await plugboard(folder.path, 'audit', 'tail', 'audit.jsonl', '-n', '100', '--json');
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditRecord);
    expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 19 }, (_, seq) => seq));
  });

  it('find by event, plugin, level and time', async () => {
    await using folder = await logFolder();
    const count = async (...args: string[]): Promise<number> => {
      const { stdout } = await plugboard(folder.path, 'audit', 'query', 'audit.jsonl', ...args);
      return stdout.split('\n').length - 1;
    };
    expect(await count()).toBe(19);
    expect(await count('--event', 'tick')).toBe(15);
    expect(await count('--event', 'tick', '--plugin', 'odd')).toBe(7);
    expect(await count('--level', 'security')).toBe(1);
    expect(await count('--since', '2020-01-01')).toBe(19);
    expect(await count('--until', '2020-01-01T00:00:00Z')).toBe(0);
  });

  it('read a database as they read a file', async (context) => {
    needsToolNow(context, 'better-sqlite3', hasSqlite);
    await using folder = await tempFolder();
    const log = sqliteAuditLog(join(folder.path, 'audit.db'));
    await log.open();
    await log.append({ event: 'tick', level: 'info' }, 'durable');
    await log.close();
    expect((await plugboard(folder.path, 'audit', 'tail', 'audit.db', '--event', 'tick')).stdout).toMatch(
      /tick\n$/,
    );
    expect(await plugboard(folder.path, 'audit', 'verify', 'audit.db')).toMatchObject({ exitCode: 0 });
  });
});
