import { spawnSync } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyAuditLog } from 'plugboard/security';
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoChildren } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { writer } from './writer.ts';

afterEach(expectNoChildren);

/** A shell in which a small disk can be mounted, by the name of its folder; the rest of the computer sees none of it. */
const ownMounts = ['unshare', '-Urm'];
const canMount = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/tmp']).status === 0;

const long = 'x'.repeat(3000);

describe.skipIf(!canMount)('an audit log on a disk of its own', () => {
  it('refuses records while the disk is full, and goes on when there is room again', async () => {
    await using folder = await tempFolder();
    const disk = join(folder.path, 'disk');
    await mkdir(disk);
    const file = join(disk, 'audit.jsonl');
    // "free" and "copy" are files whose appearance in the test's own folder the shell inside waits for
    const script = `mount -t tmpfs -o size=64k none ${disk} && head -c 20000 /dev/zero > ${disk}/ballast || exit 1
      (while [ ! -e ${folder.path}/free ]; do sleep 0.02; done; rm ${disk}/ballast; touch ${folder.path}/freed) &
      "$@"; wait; cp ${file} ${folder.path}/copy`;
    await using log = writer([file], [...ownMounts, 'sh', '-c', script, 'sh']);
    expect(await log.said()).toBe('open');
    let answer = 'written';
    let written = 0;
    for (; answer === 'written' && written < 100; written++) answer = await log.append(long);
    expect(answer).toMatch(/^SECURITY_1806 .*the disk is full\. Make room/);
    expect(await log.append(long)).toMatch(/^SECURITY_1806 /);
    await folder.write('free', '');
    while (!(await readdir(folder.path)).includes('freed'));
    expect(await log.append('room again')).toBe('written');
    expect(await log.close()).toBe('closed');
    while (!(await readdir(folder.path)).includes('copy'));
    const found = await verifyAuditLog(join(folder.path, 'copy'));
    // created, the written ones, the note of two that were lost, the last, closed
    expect(found).toMatchObject({ ok: true, unfinished: false, records: 1 + (written - 1) + 1 + 1 + 1 });
  });

  it('says so when the disk is read-only', async () => {
    await using folder = await tempFolder();
    const disk = join(folder.path, 'disk');
    await mkdir(disk);
    const script = `mount -t tmpfs -o size=64k none ${disk} && mount -o remount,ro ${disk} && exec "$@"`;
    await using log = writer([join(disk, 'audit.jsonl')], [...ownMounts, 'sh', '-c', script, 'sh']);
    expect(await log.said()).toMatch(/^SECURITY_1806 .*the disk is read-only\. Name a folder/);
  });
});

describe.skipIf(process.platform === 'win32')('an audit log that may not grow', () => {
  it('takes back the half of a batch that was written', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await using log = writer([file], ['bash', '-c', 'ulimit -f 16; exec "$@"', 'bash']);
    expect(await log.said()).toBe('open');
    let answer = 'written';
    let written = 0;
    for (; answer === 'written' && written < 100; written++) answer = await log.append(long);
    expect(answer).toMatch(/^SECURITY_1806 .*no larger file/);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, unfinished: false, records: written });
    expect(await log.append('short')).toBe('written');
    expect(await log.close()).toBe('closed');
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, records: 1 + (written - 1) + 1 + 1 + 1 });
  });

  it('begins a new part before that, if it is told to', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await using log = writer([file, '8192'], ['bash', '-c', 'ulimit -f 16; exec "$@"', 'bash']);
    expect(await log.said()).toBe('open');
    for (let at = 0; at < 20; at++) expect(await log.append(long)).toBe('written');
    expect(await log.close()).toBe('closed');
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, firstSeq: 0 });
  });
});
