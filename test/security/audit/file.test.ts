import {
  appendFile,
  chmod,
  chown,
  link,
  mkdir,
  open,
  readFile,
  rename,
  stat,
  symlink,
  truncate,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { auditLog, verifyAuditLog } from 'plugboard/security';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { linesOf, recordsOf, writeLog } from './logs.ts';

const refused = { event: 'plugin_rejected', level: 'security', plugin: 'auth' } as const;

describe('an audit log in a file', () => {
  it('says who, what and when, and chains each record to the one before', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const log = auditLog(file, { clock: new ManualClock() });
    await log.open();
    await log.append({ ...refused, details: { violations: ['hash_mismatch'] } }, 'durable');
    await log.close();
    const [first, second, third] = await recordsOf(file);
    expect(first).toMatchObject({ v: 1, seq: 0, event: 'log_created', prev: '0'.repeat(64) });
    expect(second).toEqual({
      v: 1,
      seq: 1,
      time: '2030-01-01T00:00:00.000Z',
      event: 'plugin_rejected',
      level: 'security',
      plugin: 'auth',
      pid: process.pid,
      process: expect.any(String) as string,
      details: { violations: ['hash_mismatch'] },
      prev: first?.hash,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(third).toMatchObject({ seq: 2, event: 'log_closed', prev: second?.hash });
    expect(await verifyAuditLog(file)).toMatchObject({
      ok: true,
      records: 3,
      unanchored: 3,
      problem: undefined,
    });
  });

  it('is for its owner alone', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await writeLog(file, 0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('goes on where it ended', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await writeLog(file, 2);
    await writeLog(file, 1);
    const events = (await recordsOf(file)).map(({ event }) => event);
    expect(events).toEqual(['log_created', 'tick', 'tick', 'log_closed', 'log_opened', 'tick', 'log_closed']);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, records: 7 });
  });

  it('has a durable record on the disk when append resolves, and many at once in their order', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const log = auditLog(file);
    await log.open();
    await log.append(refused, 'durable');
    expect(await linesOf(file)).toHaveLength(2);
    const many = Array.from({ length: 3000 }, (_, tick) =>
      log.append({ event: 'tick', level: 'info', details: { tick } }, tick % 3 === 0 ? 'durable' : 'grouped'),
    );
    await Promise.all(many);
    await log.close();
    const ticks = (await recordsOf(file)).flatMap(({ details }) => details?.['tick'] ?? []);
    expect(ticks).toEqual(Array.from({ length: 3000 }, (_, tick) => tick));
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, records: 3003 });
  });

  it('has synced it by then, once for all that came meanwhile', async () => {
    await using folder = await tempFolder();
    const log = auditLog(join(folder.path, 'audit.jsonl'));
    await log.open();
    await using some = await open(join(folder.path, 'some'), 'w');
    const syncs = vi.spyOn(Object.getPrototypeOf(some) as FileHandle, 'datasync'); // watched, and done all the same
    await log.append(refused, 'durable');
    expect(syncs).toHaveBeenCalledTimes(1);
    await Promise.all(Array.from({ length: 100 }, () => log.append(refused, 'durable')));
    expect(syncs.mock.calls.length).toBeLessThanOrEqual(3);
    syncs.mockRestore();
    await log.close();
  });

  it('writes grouped records together, 50 ms after the first', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const clock = new ManualClock();
    const log = auditLog(file, { clock });
    await log.open();
    await log.append(refused, 'grouped');
    await log.append(refused, 'grouped');
    expect(clock.timersMs).toEqual([50]);
    expect(await linesOf(file)).toHaveLength(1);
    clock.advance(50);
    await log.append(refused, 'durable');
    expect(await linesOf(file)).toHaveLength(4);
    await log.close();
    expect(clock.timersMs).toEqual([]);
  });

  it('keeps secrets and control characters out, and every record on one line', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const log = auditLog(file);
    await log.open();
    const hostile = 'a\n{"v":1,"seq":99}\r\u001b[2J\u0085\u2028\u202e';
    const details = { apiKey: 'hunter2', url: 'redis://ada:hunter2@cache', hostile, [hostile]: hostile };
    await log.append({ ...refused, plugin: hostile, details }, 'durable');
    await log.close();
    const text = await readFile(file, 'utf8');
    expect(text).not.toContain('hunter2');
    expect(text).toMatch(/^[\n\u0020-\u007e]*$/);
    expect(await linesOf(file)).toHaveLength(3);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, records: 3 });
  });

  it('bounds a record whatever is put into it', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const log = auditLog(file);
    await log.open();
    const details = Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`k${at}`, 'x'.repeat(4000)]));
    await log.append({ ...refused, plugin: 'p'.repeat(100_000), details }, 'durable');
    await log.close();
    expect((await stat(file)).size).toBeLessThan(3000);
    expect((await recordsOf(file))[1]?.details).toEqual({
      omitted: expect.stringMatching(/^\d+ bytes/) as string,
    });
  });

  it('refuses more than 16 MiB of waiting records, and says how many were lost', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const log = auditLog(file);
    await log.open();
    const big = {
      ...refused,
      details: Object.fromEntries(Array.from({ length: 7 }, (_, at) => [at, 'x'.repeat(4000)])),
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 800 }, () => log.append(big, 'grouped')));
    const refusals = outcomes.filter(({ status }) => status === 'rejected');
    expect(refusals.length).toBeGreaterThan(100);
    expect(refusals[0]).toMatchObject({ reason: { code: 'SECURITY_1806' } });
    await log.append(refused, 'durable').catch(() => {});
    await log.close();
    const lost = (await recordsOf(file)).find(({ event }) => event === 'records_lost');
    expect(lost?.details?.['count']).toBeGreaterThanOrEqual(refusals.length);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true });
  });

  it('refuses numbers that make no sense', () => {
    for (const maxFileBytes of [0, -1, NaN]) {
      expect(() => auditLog('audit.jsonl', { maxFileBytes })).toThrow('Give a number over 0');
    }
  });

  it('refuses an event without a proper name, and records before it is open or after it is closed', async () => {
    await using folder = await tempFolder();
    const log = auditLog(join(folder.path, 'audit.jsonl'));
    await expect(log.append(refused, 'durable')).rejects.toMatchObject({ code: 'SECURITY_1806' });
    await log.open();
    await expect(log.append({ ...refused, event: 'A\nB' }, 'durable')).rejects.toThrow('no name of an event');
    await log.close();
    await log.close();
    await expect(log.append(refused, 'grouped')).rejects.toThrow('not open');
  });
});

describe('opening an audit log', () => {
  it.each([
    ['half a record', '{"v":1,"seq":7,"time":"20'],
    ['zeros of a block that was never filled', '\0'.repeat(5000)],
  ])('cuts %s off its end, and says so', async (_what, torn) => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await writeLog(file, 1);
    await appendFile(file, torn);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, unfinished: true });
    await writeLog(file, 1);
    const records = await recordsOf(file);
    expect(records[3]).toMatchObject({
      event: 'log_repaired',
      level: 'warn',
      details: { cutBytes: torn.length },
    });
    expect(records[4]).toMatchObject({ event: 'log_opened' });
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, records: 7, unfinished: false });
  });

  it('begins anew when the very first record was cut off', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('audit.jsonl', '{"v":1,"s', 0o600);
    await writeLog(file, 0);
    expect((await recordsOf(file)).map(({ event }) => event)).toEqual([
      'log_repaired',
      'log_created',
      'log_closed',
    ]);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true });
  });

  it('does not touch a file that is something else', async () => {
    await using folder = await tempFolder();
    for (const text of ['my notes', 'my notes\n', '{"a":1}\n', 'x'.repeat(600_000)]) {
      const file = await folder.write('notes', text, 0o600);
      await expect(auditLog(file).open()).rejects.toMatchObject({ code: 'SECURITY_1806' });
      expect(await readFile(file, 'utf8')).toBe(text);
    }
  });

  it('does not go on after a last record that was edited', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await writeLog(file, 1);
    await writeFile(file, (await readFile(file, 'utf8')).replace('"log_closed"', '"log_cl0sed"'));
    await expect(auditLog(file).open()).rejects.toThrow('it was edited');
  });

  it('follows no link, and takes no file that others could reach or write', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const reasons: Record<string, () => Promise<void>> = {
      'it is a symbolic link': async () => symlink(await folder.write('else', '', 0o600), file),
      'it has a second name': async () => link(await folder.write('twin', '', 0o600), file),
      'others may write it': async () => {
        await folder.write('audit.jsonl', '');
        await chmod(file, 0o620);
      },
      ...(process.geteuid?.() === 0 && {
        'it belongs to user 1234': async () => {
          await folder.write('audit.jsonl', '', 0o600);
          await chown(file, 1234, 1234);
        },
      }),
      'Name a file': async () => void (await mkdir(file)),
    };
    for (const [reason, arrange] of Object.entries(reasons)) {
      await arrange();
      await expect(auditLog(file).open()).rejects.toThrow(reason);
      await rename(file, join(folder.path, `old ${reason}`));
    }
    await expect(auditLog(join(folder.path, 'none', 'audit.jsonl')).open()).rejects.toThrow('Create it');
  });
});

describe('an audit log that somebody meddles with while it is open', () => {
  it.each<[string, (file: string) => Promise<void>, string]>([
    ['moved', (file) => rename(file, `${file}.gone`), 'moved, removed or replaced'],
    ['cut', (file) => truncate(file, 10), 'wrote it or cut it'],
    ['written to', (file) => appendFile(file, 'x\n'), 'wrote it or cut it'],
    ['robbed of its lock', (file) => rename(`${file}.lock`, `${file}.gone`), 'its lock was removed'],
  ])('is not written when it is %s', async (_what, meddle, message) => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const log = auditLog(file);
    await log.open();
    await meddle(file);
    await expect(log.append(refused, 'durable')).rejects.toThrow(message);
    await expect(log.append(refused, 'grouped')).rejects.toMatchObject({ code: 'SECURITY_1806' });
    await expect(log.close()).rejects.toMatchObject({ code: 'SECURITY_1806' });
  });
});

describe('the parts of a long audit log', () => {
  it('are one chain', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await writeLog(file, 0);
    const log = auditLog(file, { maxFileBytes: 2000 });
    await log.open();
    for (let at = 0; at < 20; at++) await log.append(refused, 'durable');
    await log.close();
    const [first] = await recordsOf(`${file}.000002`);
    const before = await recordsOf(`${file}.000001`);
    expect(first).toMatchObject({ event: 'log_rotated', details: { after: 'audit.jsonl.000001' } });
    expect(first?.prev).toBe(before.at(-1)?.hash);
    expect((await stat(`${file}.000002`)).size).toBeLessThanOrEqual(2000);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, firstSeq: 0 });
    await rename(`${file}.000001`, join(folder.path, 'archive'));
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, firstSeq: first?.seq });
    await rename(`${file}.000003`, join(folder.path, 'stolen'));
    expect(await verifyAuditLog(file)).toMatchObject({ ok: false, problem: { kind: 'chain' } });
  });

  it('go on after a crash between two of them', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await writeLog(file, 3);
    await rename(file, `${file}.000001`);
    await writeLog(file, 1);
    expect((await recordsOf(file)).map(({ event }) => event)).toEqual([
      'log_rotated',
      'log_opened',
      'tick',
      'log_closed',
    ]);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, records: 9 });
  });
});
