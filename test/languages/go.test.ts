import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTool, needsTool } from './tool.ts';
import { answersCalls, example, scorer, speaksTheProtocol, type Program } from './word-score.ts';

/** A first build compiles Go's standard library too. */
const buildTimeoutMs = 300_000;

const isThere = hasTool('go', 'version');
let folder = '';

beforeAll(async () => {
  if (!isThere) return;
  folder = await mkdtemp(join(tmpdir(), 'plugboard-go-'));
  await promisify(execFile)('go', ['build', '-o', binary(), '.'], { cwd: example('go/wordscore') });
}, buildTimeoutMs);
afterAll(() => rm(folder, { recursive: true, force: true }));

function binary(): string {
  return join(folder, 'wordscore');
}

describe('the plugin in Go', () => {
  needsTool('go', isThere);
  const program: Program = { command: binary, options: {} };
  answersCalls(program);
  speaksTheProtocol(program);

  test('has nothing that go vet complains about', { timeout: buildTimeoutMs }, async () => {
    const { stderr } = await promisify(execFile)('go', ['vet', '.'], { cwd: example('go/wordscore') });
    expect(stderr).toBe('');
  });

  test('fails the call in which it panics, and no other', async () => {
    await using host = await scorer(program);
    const notBytes = host.manager.execute('score', { raw: {} as Uint8Array });
    await expect(notBytes).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      message: expect.stringContaining('panic: ') as string,
    });
    expect(await host.manager.execute('score', { text: 'free' })).toMatchObject({ score: 1 });
    expect(host.manager.getPlugin('score')?.restarts).toBe(0);
  });
});
