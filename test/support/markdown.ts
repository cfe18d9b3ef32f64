import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A page: its path from the root, with forward slashes, and its text. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** README.md, docs/ and the pages beside the examples. */
export function readPages(root: string): Page[] {
  const readme = ['README.md'].filter((path) => existsSync(join(root, path)));
  return [...readme, ...pagesIn(root, 'docs'), ...pagesIn(root, 'examples')].map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }));
}

function pagesIn(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .toSorted();
}

/** A line with its number, counted from 1, and the language of the code block it stands in, if it does. */
export interface Line {
  readonly number: number;
  readonly text: string;
  /** The words after the fence, such as `ts` or `ts title=contract.ts`; `undefined` in prose. */
  readonly code: string | undefined;
}

/** The lines of a page without its fences, told apart into prose and code. */
export function linesOf(page: Page): Line[] {
  let fence: { readonly marks: string; readonly info: string } | undefined;
  return page.text.split('\n').flatMap((text, index): Line[] => {
    const [, marks = '', info = ''] = /^\s*(`{3,}|~{3,})\s*([^`]*)$/.exec(text) ?? [];
    if (fence === undefined && marks !== '') fence = { marks, info: info.trim() };
    else if (fence !== undefined && marks.startsWith(fence.marks) && info.trim() === '') fence = undefined;
    else return [{ number: index + 1, text, code: fence?.info }];
    return [];
  });
}
