import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { linesOf, type Line, type Page } from './markdown.ts';

/**
 * A `ts` block of a page as a file of its own. Every block is a complete module. What it takes as given and would
 * bore a reader stands in a comment before it, which readers do not see:
 *
 *     <!-- given:
 *     declare const manager: PluginManager<Numbers, Numbers>;
 *     -->
 *
 * A block with a title (`ts title=contract.ts`) can be imported under that name by the others of its page.
 */
interface Block {
  readonly page: string;
  readonly line: number;
  readonly title: string | undefined;
  readonly text: string;
}

/** The `ts` blocks of a page; each line keeps its number, so that the compiler speaks of the page's lines. */
export function blocksOf(page: Page): Block[] {
  const blocks: Block[] = [];
  let given: Line[] = [];
  let code: Line[] = [];
  const finish = (): void => {
    const [first] = code;
    if (first !== undefined) {
      const title = /\btitle=(\S+)/.exec(first.code ?? '')?.[1];
      blocks.push({ page: page.path, line: first.number, title, text: onTheirLines([...given, ...code]) });
      given = [];
    }
    code = [];
  };
  let inGiven = false;
  let previous = 0;
  for (const line of linesOf(page)) {
    if (line.number !== previous + 1) finish();
    previous = line.number;
    if (/^ts\b/.test(line.code ?? '')) code.push(line);
    else if (inGiven && line.text.trim() === '-->') inGiven = false;
    else if (inGiven) given.push(line);
    else if (line.code === undefined && line.text.trim() === '<!-- given:') inGiven = true;
  }
  finish();
  return blocks;
}

function onTheirLines(lines: readonly Line[]): string {
  const all: string[] = [];
  for (const line of lines) all[line.number - 1] = line.text;
  return Array.from(all, (text) => text ?? '').join('\n');
}

/** Type-checks every block against the built package; one `page:line: what the compiler says` for each error. */
export async function blockErrors(root: string, pages: readonly Page[]): Promise<string[]> {
  // inside the package, so that its name and its dependencies are found
  await mkdir(join(root, '.build'), { recursive: true });
  const folder = await mkdtemp(join(root, '.build/docs-'));
  try {
    const pageOfFile = new Map<string, string>();
    for (const block of pages.flatMap(blocksOf)) {
      const file = `${block.page.replaceAll(/\W/g, '-')}/${block.title ?? `line-${block.line}.ts`}`;
      pageOfFile.set(file, block.page);
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), block.text, { flag: 'wx' });
    }
    if (pageOfFile.size === 0) return [];
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(compilerSettings));
    return (await compilerErrors(root, folder)).map((error) =>
      error.replace(/^[^:]+/, (file) => pageOfFile.get(file) ?? file),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const compilerSettings = {
  extends: '../../tsconfig.base.json',
  compilerOptions: { noEmit: true, rootDir: '../..', noUnusedLocals: false, noUnusedParameters: false },
  include: ['**/*.ts'],
};

/** The compiler's complaints as `file:line: message`, whole if they have another shape. */
function compilerErrors(root: string, folder: string): Promise<string[]> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [tsc, '--project', folder, '--pretty', 'false'],
      { cwd: folder },
      (failure, stdout, stderr) => {
        const lines = stdout.split('\n').filter((line) => /^\S/.test(line));
        if (failure !== null && lines.length === 0)
          reject(new Error(`tsc failed: ${stderr}`, { cause: failure }));
        else resolve(lines.map((line) => line.replace(/^([^(]+)\((\d+),\d+\)/, '$1:$2')));
      },
    );
  });
}
