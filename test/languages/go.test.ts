import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe } from 'vitest';
import { hasTool, needsTool } from './tool.ts';
import { answersCalls, example, speaksTheProtocol, type Program } from './word-score.ts';

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

describe.each(['fd', 'stdio'] as const)('the plugin in Go, over %s', (channel) => {
  needsTool('go', isThere);
  const program: Program = { command: binary, options: { channel } };
  answersCalls(program);
  speaksTheProtocol(program);
});
