import {
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditKey, auditLog, verifyAuditLog, type AuditCheckpoint } from 'plugboard/security';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { chainedAnew, changeLines, linesOf, recordsOf, writeLog } from './logs.ts';

const secret = createSecretKey(randomBytes(32));

interface Anchored {
  readonly file: string;
  readonly checkpoints: string;
  readonly against: { readonly checkpoints: string; readonly key: KeyObject };
}

/** 22 records, 0 to 21; checkpoints about every fifth, and at the end. */
async function anchoredLog(folder: TempFolder): Promise<Anchored> {
  const file = join(folder.path, 'audit.jsonl');
  const checkpoints = join(folder.path, 'checkpoints.jsonl');
  const log = auditLog(file, { checkpoints: { to: checkpoints, key: secret, everyRecords: 5 } });
  await log.open();
  for (let tick = 1; tick <= 20; tick++) {
    await log.append({ event: 'tick', level: 'info', details: { tick } }, 'durable');
  }
  await log.close();
  return { file, checkpoints, against: { checkpoints, key: secret } };
}

describe('a verification without checkpoints', () => {
  it.each<[string, (lines: string[]) => string[], object]>([
    [
      'a changed word',
      (lines) => lines.with(4, (lines[4] ?? '').replace('tick', 'tock')),
      { kind: 'edited', seq: 4 },
    ],
    ['a removed record', (lines) => lines.toSpliced(4, 1), { kind: 'chain', seq: 4 }],
    ['a removed beginning', (lines) => lines.with(0, ''), { kind: 'damaged', seq: 0 }],
    [
      'two exchanged records',
      (lines) => lines.with(3, lines[4] ?? '').with(4, lines[3] ?? ''),
      { kind: 'chain', seq: 3 },
    ],
    ['a doubled record', (lines) => lines.toSpliced(4, 0, lines[4] ?? ''), { kind: 'chain', seq: 5 }],
    [
      'a number that was left out, all hashes made anew',
      (lines) => chainedAnew(lines, (at) => (at < 4 ? at : at + 1)),
      { kind: 'chain', seq: 4 },
    ],
    ['a line that is no record', (lines) => lines.toSpliced(4, 0, 'hello'), { kind: 'damaged', seq: 4 }],
    [
      'a record with a new hash of its own',
      (lines) =>
        lines
          .with(4, chainedAnew(lines.slice(0, 6))[4] ?? '')
          .with(5, lines[5] ?? '')
          .with(3, chainedAnew(lines.with(3, (lines[3] ?? '').replace('tick', 'tock')).slice(0, 4))[3] ?? ''),
      { kind: 'chain', seq: 4 },
    ],
    [
      'a second member of one name',
      (lines) => lines.with(4, (lines[4] ?? '').replace('{"v":1,', '{"v":1,"event":"other",')),
      { kind: 'damaged', seq: 4 },
    ],
    [
      'a member too many',
      (lines) => chainedAnew(lines.with(4, (lines[4] ?? '').replace('{"v":1,', '{"v":1,"extra":1,'))),
      { kind: 'damaged', seq: 4 },
    ],
    ['a line without end', (lines) => lines.with(4, 'x'.repeat(2_000_000)), { kind: 'damaged', seq: 4 }],
    ['brackets without end', (lines) => lines.with(4, '['.repeat(200_000)), { kind: 'damaged', seq: 4 }],
  ])('names the first bad record of %s', async (_what, change, problem) => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await writeLog(file, 8);
    await changeLines(file, change);
    const found = await verifyAuditLog(file);
    expect(found).toMatchObject({ ok: false, problem: { ...problem, file } });
    expect(found.problem?.message).toContain(
      `record ${found.problem?.seq}, line ${found.problem?.line} of ${file}`,
    );
  });

  it('cannot see a cut end or a log that was written anew, and says how much that concerns', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await writeLog(file, 8);
    await changeLines(file, (lines) => chainedAnew(lines.toSpliced(3, 2)).slice(0, 5));
    expect(await verifyAuditLog(file)).toMatchObject({
      ok: true,
      records: 5,
      unanchored: 5,
      checkpoints: undefined,
    });
  });

  it('does not read through a link', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await writeLog(file, 1);
    await rename(file, join(folder.path, 'elsewhere'));
    await symlink(join(folder.path, 'elsewhere'), file);
    await expect(verifyAuditLog(file)).rejects.toThrow('it is a symbolic link');
    await expect(verifyAuditLog(join(folder.path, 'none'))).rejects.toMatchObject({ code: 'SECURITY_1806' });
  });
});

describe('a verification with checkpoints', () => {
  it('finds a whole log good, to the end', async () => {
    await using folder = await tempFolder();
    const { file, against } = await anchoredLog(folder);
    expect(await verifyAuditLog(file, against)).toMatchObject({ ok: true, records: 22, unanchored: 0 });
    await writeLog(file, 3);
    expect(await verifyAuditLog(file, against)).toMatchObject({ ok: true, records: 27, unanchored: 5 });
  });

  it('names the first record that was cut off', async () => {
    await using folder = await tempFolder();
    const { file, against } = await anchoredLog(folder);
    await changeLines(file, (lines) => lines.slice(0, 12));
    const { problem } = await verifyAuditLog(file, against);
    expect(problem).toMatchObject({ kind: 'truncated', seq: 12, line: 13 });
    expect(problem?.message).toContain('record 12 is missing');
    await writeFile(file, '');
    expect((await verifyAuditLog(file, against)).problem).toMatchObject({ kind: 'truncated', seq: 0 });
  });

  it('still sees it when the host has written over the cut', async () => {
    await using folder = await tempFolder();
    const { file, against } = await anchoredLog(folder);
    await changeLines(file, (lines) => lines.slice(0, 12));
    await writeLog(file, 20);
    expect((await verifyAuditLog(file, against)).problem).toMatchObject({ kind: 'rewritten' });
  });

  it('says from where on a log was written anew', async () => {
    await using folder = await tempFolder();
    const { file, against, checkpoints } = await anchoredLog(folder);
    const signed = (await linesOf(checkpoints)).map((line) => (JSON.parse(line) as AuditCheckpoint).seq);
    await changeLines(file, (lines) =>
      chainedAnew(lines.with(12, (lines[12] ?? '').replace('tick', 'tock'))),
    );
    const { problem } = await verifyAuditLog(file, against);
    const lastGood = Math.max(...signed.filter((seq) => seq < 12));
    expect(problem).toMatchObject({ kind: 'rewritten', seq: lastGood + 1 });
    await changeLines(file, (lines) => chainedAnew(lines));
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true });
  });

  it('sees a log of the same length that somebody made from nothing', async () => {
    await using folder = await tempFolder();
    const { file, against } = await anchoredLog(folder);
    await rename(file, join(folder.path, 'before'));
    await writeLog(file, 20);
    expect((await verifyAuditLog(file, against)).problem).toMatchObject({ kind: 'rewritten', seq: 0 });
  });

  it.each([22, 23, 500])('sees one whose numbers begin behind all that was signed: at %i', async (begin) => {
    await using folder = await tempFolder();
    const { file, against } = await anchoredLog(folder);
    await changeLines(file, (lines) => chainedAnew(lines, (at) => begin + at));
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true, firstSeq: begin });
    expect((await verifyAuditLog(file, against)).problem).toMatchObject({ kind: 'rewritten', seq: 22 });
  });

  it('trusts no checkpoint that another key signed, or that was changed', async () => {
    await using folder = await tempFolder();
    const { file, checkpoints, against } = await anchoredLog(folder);
    const key = createSecretKey(randomBytes(32));
    expect((await verifyAuditLog(file, { checkpoints, key })).problem).toMatchObject({
      kind: 'checkpoint',
      line: 1,
    });
    const text = await readFile(checkpoints, 'utf8');
    await writeFile(
      checkpoints,
      text.replace(
        /("seq":)(\d+)(.*\n)$/,
        (_all, name: string, seq: string, rest: string) => `${name}${Number(seq) - 1}${rest}`,
      ),
    );
    expect((await verifyAuditLog(file, against)).problem).toMatchObject({
      kind: 'checkpoint',
      file: checkpoints,
    });
  });

  it('needs only the public half of an ed25519 key, and reads keys from files', async () => {
    await using folder = await tempFolder();
    const { privateKey } = generateKeyPairSync('ed25519');
    const file = join(folder.path, 'audit.jsonl');
    const checkpoints = join(folder.path, 'checkpoints.jsonl');
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
    const key = await auditKey(await folder.write('private.pem', pem, 0o600));
    await writeLog(file, 5, { checkpoints: { to: checkpoints, key } });
    const publicPem = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' });
    const half = await auditKey(await folder.write('public.pem', publicPem));
    expect(await verifyAuditLog(file, { checkpoints, key: half })).toMatchObject({ ok: true, unanchored: 0 });
    expect(() => auditLog(file, { checkpoints: { to: checkpoints, key: half } })).toThrow('public key');
    const short = await auditKey(await folder.write('short', 'abc\n'));
    expect(() => auditLog(file, { checkpoints: { to: checkpoints, key: short } })).toThrow('16 bytes');
    const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(() => auditLog(file, { checkpoints: { to: checkpoints, key: rsa } })).toThrow('ed25519');
    await expect(auditKey(join(folder.path, 'none'))).rejects.toMatchObject({ code: 'SECURITY_1806' });
  });
});

describe('checkpoints', () => {
  it('come after so many milliseconds too, and at the end, by a function of the host', async () => {
    await using folder = await tempFolder();
    const clock = new ManualClock();
    const sent: AuditCheckpoint[] = [];
    const file = join(folder.path, 'audit.jsonl');
    const to = (checkpoint: AuditCheckpoint): void => void sent.push(checkpoint);
    const log = auditLog(file, { clock, checkpoints: { to, key: secret, everyMs: 1000 } });
    await log.open();
    clock.advance(999);
    expect(sent).toEqual([]);
    clock.advance(1);
    await log.append({ event: 'tick', level: 'info' }, 'durable');
    expect(sent.map(({ seq }) => seq)).toEqual([0]);
    await log.close();
    expect(sent.map(({ seq }) => seq)).toEqual([0, 2]);
    expect(clock.timersMs).toEqual([]);
  });

  it('that cannot be delivered are noted in the log and sent again', async () => {
    await using folder = await tempFolder();
    const sent: number[] = [];
    let broken = true;
    const to = ({ seq }: AuditCheckpoint): void => {
      if (broken) throw new Error('no such host');
      sent.push(seq);
    };
    const file = join(folder.path, 'audit.jsonl');
    const log = auditLog(file, { checkpoints: { to, key: secret, everyRecords: 1 } });
    await log.open();
    await log.append({ event: 'tick', level: 'info' }, 'durable');
    broken = false;
    await log.append({ event: 'tick', level: 'info' }, 'durable');
    await log.append({ event: 'tick', level: 'info' }, 'durable');
    await log.close();
    const notes = (await recordsOf(file)).filter(({ event }) => event.startsWith('checkpoint_'));
    expect(notes.map(({ event }) => event)).toEqual(['checkpoint_failed', 'checkpoint_delivered']);
    expect(notes[0]?.details).toEqual({ reason: 'no such host' });
    expect(sent.at(-1)).toBe((await recordsOf(file)).length - 1);
  });

  it('go on behind a line that was cut off by a crash', async () => {
    await using folder = await tempFolder();
    const { file, checkpoints, against } = await anchoredLog(folder);
    await writeFile(checkpoints, '{"v":1,"se', { flag: 'a' });
    expect(await verifyAuditLog(file, against)).toMatchObject({ ok: true });
    await writeLog(file, 1, { checkpoints: { to: checkpoints, key: secret } });
    expect(await verifyAuditLog(file, against)).toMatchObject({ ok: true, unanchored: 0 });
  });

  it('whose receiver never answers do not hold the end', async () => {
    await using folder = await tempFolder();
    const clock = new ManualClock();
    const log = auditLog(join(folder.path, 'audit.jsonl'), {
      clock,
      checkpoints: { to: () => new Promise(() => {}), key: secret, everyRecords: 1 },
    });
    await log.open();
    const closed = log.close();
    const ticking = setInterval(() => clock.advance(5000), 5);
    await expect(closed).resolves.toBeUndefined();
    clearInterval(ticking);
  });
});
