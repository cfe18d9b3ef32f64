import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf } from '../support/doc-blocks.ts';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const run = promisify(execFile);

let folder: string;

beforeAll(async () => {
  await mkdir(root('.build'), { recursive: true });
  folder = await mkdtemp(root('.build/readme-'));
  const compilerOptions = { rootDir: '.', outDir: 'out' };
  const settings = { extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
});

afterAll(() => rm(folder, { recursive: true }));

/** The programs of the README, compiled, which is what it tells people on Node 20 to do. */
async function compileReadme(): Promise<void> {
  const blocks = blocksOf({ path: 'README.md', text: await readFile(root('README.md'), 'utf8') });
  for (const { title = '', text } of blocks) {
    await writeFile(join(folder, title), text.replaceAll("'score.ts'", "'score.js'"));
  }
  await run(process.execPath, [root('node_modules/typescript/bin/tsc'), '--project', folder]);
}

describe('the program in the README', () => {
  it('does what its comments say, and ends by itself', async () => {
    await compileReadme();
    const { stdout, stderr } = await run(process.execPath, ['host.js'], { cwd: join(folder, 'out') });
    expect(stdout).toBe('score 2\nPLUGIN_1205 true\n{ score: 1 }\n');
    expect(stderr).toBe('');
  });
});
