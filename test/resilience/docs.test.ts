import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf } from '../support/doc-blocks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** The programs of docs/resilience.md; what they only declare cannot be run. */
const page = { path: 'docs/resilience.md', text: await readFile(join(root, 'docs/resilience.md'), 'utf8') };
const programs = blocksOf(page).filter(({ text }) => !text.includes('declare const'));

/** What a program says that it prints: the comments behind `console.log` and what follows `// ` where events do. */
function promised(text: string): string[] {
  return [...text.matchAll(/(?:console\.log\(.*|\bdrain\(.*); \/\/ (.+)$|console\.log\(.*\)\); \/\/ (.+)$/gm)]
    .map(([, first, second]) => first ?? second ?? '')
    .flatMap((said) => said.split(', then '));
}

describe('docs/resilience.md', () => {
  let folder = '';

  // one run of the compiler for all of them: Node 20 cannot run TypeScript
  beforeAll(async () => {
    await mkdir(join(root, '.build'), { recursive: true });
    folder = await mkdtemp(join(root, '.build/docs-run-'));
    for (const { line, text } of programs) await writeFile(join(folder, `line-${line}.ts`), text);
    const compilerOptions = { rootDir: '.', outDir: 'out', noUnusedLocals: false, noUnusedParameters: false };
    const settings = { extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', folder]);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has a program for each policy', () => {
    expect(programs.length).toBeGreaterThanOrEqual(11);
  });

  it.each(programs)('prints what its program on line $line says', async ({ line, text }) => {
    const { stdout, stderr } = await run(process.execPath, [join(folder, `out/line-${line}.js`)], {
      timeout: 20_000,
    });
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(promised(text));
  });
});
