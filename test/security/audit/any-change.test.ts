import { createSecretKey, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { verifyAuditLog } from 'plugboard/security';
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoChildren } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { recordsOf, writeLog } from './logs.ts';
import { writer } from './writer.ts';

afterEach(expectNoChildren);

describe('an audit log', () => {
  it('shows the change of any one byte', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    await writeLog(file, 6);
    const good = await readFile(file);
    const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(change, async ([at, mask]) => {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ mask;
        await writeFile(file, bad);
        const { ok, unfinished } = await verifyAuditLog(file);
        // without its last line feed a log only looks as after a crash
        expect(ok).toBe(at === good.length - 1 && unfinished);
      }),
      { numRuns: 400 },
    );
  });

  it('shows any cut, held against its checkpoints', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    const checkpoints = join(folder.path, 'checkpoints');
    const key = createSecretKey(randomBytes(32));
    await writeLog(file, 6, { checkpoints: { to: checkpoints, key } });
    const good = await readFile(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), async (length) => {
        await writeFile(file, good.subarray(0, length));
        const { ok, problem } = await verifyAuditLog(file, { checkpoints, key });
        expect({ ok, kind: problem?.kind }).toEqual({ ok: false, kind: 'truncated' });
      }),
      { numRuns: 100 },
    );
  });

  it('has all that was promised when its host is killed in a flood', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'audit.jsonl');
    let promised = 0;
    for (let round = 0; round < 5; round++) {
      await using flood = writer([file]);
      expect(await flood.said()).toBe('open');
      const appends = Array.from({ length: 300 }, (_, at) => flood.append(`${round}/${at}`));
      const counted = Promise.allSettled(
        appends.map(async (append) => void ((await append) === 'written' && promised++)),
      );
      await appends[round * 50];
      await flood.kill();
      await counted;
    }
    const ticks = (await recordsOf(file)).filter(({ event }) => event === 'tick').length;
    expect(promised).toBeGreaterThan(0);
    expect(ticks).toBeGreaterThanOrEqual(promised);
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true });
  });
});
