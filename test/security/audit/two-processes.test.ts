import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { auditLog, verifyAuditLog } from 'plugboard/security';
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoChildren } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { writeLog } from './logs.ts';
import { writer } from './writer.ts';

afterEach(expectNoChildren);

describe('two processes and one audit log', () => {
  it('the second is refused, and told who writes', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await using first = writer([file]);
    expect(await first.said()).toBe('open');
    await using second = writer([file]);
    expect(await second.said()).toMatch(
      new RegExp(`^SECURITY_1806 .* being written by process ${first.pid}\\.`),
    );
    await expect(auditLog(file).open()).rejects.toThrow(`process ${first.pid}`);
    expect(await first.append('still here')).toBe('written');
    expect(await first.close()).toBe('closed');
    expect(await readdir(folder.path)).toEqual(['audit.jsonl']);
    await writeLog(file, 1);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, records: 6 });
  });

  it('a second log of the same process is refused too', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const log = auditLog(file);
    await log.open();
    await expect(auditLog(file).open()).rejects.toThrow('by this process itself');
    await log.close();
  });

  it('the next goes on after one that was killed, with every record that was promised', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    for (let round = 0; round < 3; round++) {
      await using one = writer([file]);
      expect(await one.said()).toBe('open');
      for (let at = 0; at < 5; at++) expect(await one.append('tick')).toBe('written');
      await one.kill();
    }
    const found = await verifyAuditLog(file);
    expect(found).toMatchObject({ ok: true, records: 3 * 6 });
  });

  it('of many that find the lock of a dead one, one gets it', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    for (let round = 0; round < 3; round++) {
      const dead = writer([file]);
      expect(await dead.said()).toBe('open');
      await dead.kill();
      const writers = Array.from({ length: 6 }, () => writer([file]));
      const said = await Promise.all(writers.map((one) => one.said()));
      expect(said.filter((word) => word === 'open')).toHaveLength(1);
      await Promise.all(writers.map((one) => one.kill()));
    }
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, records: 6 });
    expect((await readdir(folder.path)).filter((name) => name.includes('.lock.'))).toEqual([]);
  });

  it('a process that only has the number of the dead one holds nothing', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const lock = (holder: object): Promise<void> => writeFile(`${file}.lock`, JSON.stringify(holder));
    if (process.platform === 'linux') {
      await lock({ pid: process.pid, start: '1', host: hostname(), id: 'x' });
      await writeLog(file, 0);
    }
    await lock({ pid: process.pid, start: '1', host: 'another-computer', id: 'x' });
    await expect(auditLog(file).open()).rejects.toThrow('of the computer another-computer');
    await writeFile(`${file}.lock`, 'hello');
    await expect(auditLog(file).open()).rejects.toThrow('no lock of an audit log');
    expect(await readFile(`${file}.lock`, 'utf8')).toBe('hello');
  });

  it.skipIf(process.platform === 'win32')('nobody waits for a pipe in the place of the lock', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    execFileSync('mkfifo', [`${file}.lock`]);
    await expect(auditLog(file).open()).rejects.toThrow('no lock of an audit log');
  });
});
