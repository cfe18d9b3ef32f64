import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { blockErrors, blocksOf } from './support/doc-blocks.ts';
import { anchorsOf, linkErrors } from './support/doc-links.ts';
import { readPages, type Page } from './support/markdown.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = readPages(root);

const page = (...lines: string[]): Page => ({ path: 'docs/page.md', text: lines.join('\n') });

describe('README.md and docs/', () => {
  it('start with a README', () => {
    expect(pages[0]?.path).toBe('README.md');
  });

  it('have only code that compiles against the package', async () => {
    expect(await blockErrors(root, pages)).toEqual([]);
  });

  it('have only relative links that lead somewhere', () => {
    expect(linkErrors(root, pages)).toEqual([]);
  });
});

describe('the check of code blocks', () => {
  it('names the page and the line of a broken block', async () => {
    const broken = page('# A page', '', '```ts', 'const a = 1;', 'const n: number = "text";', '```');
    expect(await blockErrors(root, [broken])).toEqual([
      expect.stringMatching(/^docs\/page\.md:5: error TS2322/),
    ]);
  });

  it('refuses a name that the package does not export', async () => {
    const broken = page('```ts', `import { nothingOfTheKind } from 'plugboard';`, '```');
    expect(await blockErrors(root, [broken])).toEqual([
      expect.stringMatching(/^docs\/page\.md:2: error TS2305/),
    ]);
  });

  it('takes what a hidden comment gives, for the next block only', async () => {
    const given = [
      '<!-- given:',
      'declare const n: number;',
      '-->',
      '```ts',
      'export const m = n + 1;',
      '```',
    ];
    expect(await blockErrors(root, [page(...given)])).toEqual([]);
    expect(await blockErrors(root, [page(...given, '', '```ts', 'n;', '```')])).toEqual([
      expect.stringMatching(/^docs\/page\.md:9: error TS2304/),
    ]);
  });

  it('lets a block import another of its page by its title', async () => {
    const first = ['```ts title=numbers.ts', 'export const one: number = 1;', '```'];
    const second = [
      '```ts',
      `import { one } from './numbers.ts';`,
      'export const two: number = one + 1;',
      '```',
    ];
    expect(await blockErrors(root, [page(...first, ...second)])).toEqual([]);
  });

  it('leaves other languages alone', () => {
    expect(blocksOf(page('```sh', 'npm test', '```', '```tsx', '<a/>', '```'))).toEqual([]);
  });
});

describe('the check of links', () => {
  const from = (link: string): string[] =>
    linkErrors(root, [page('# The page', '', `See [there](${link}).`)]);

  it('names the page and the line of a link that leads to no file', () => {
    expect(from('missing.md')).toEqual(['docs/page.md:3: missing.md leads to no file']);
    expect(from('../../elsewhere.md')).toEqual([
      'docs/page.md:3: ../../elsewhere.md leads out of the repository',
    ]);
  });

  it('names a link to a heading that is not there', () => {
    expect(from('#the-page')).toEqual([]);
    expect(from('#another')).toEqual(['docs/page.md:3: #another names no heading of that page']);
  });

  it('lets links to files, folders, lines and other sites be', () => {
    for (const link of [
      '../package.json',
      '../test/',
      '../package.json#L3',
      'https://example.org/missing#x',
    ]) {
      expect(from(link)).toEqual([]);
    }
  });

  it('sees images, named targets and HTML, but not code', () => {
    const links = [
      '![a](a.png)',
      '[name]: b.md',
      '<img src="c.png">',
      '`[d](d.md)`',
      '```',
      '[e](e.md)',
      '```',
    ];
    expect(linkErrors(root, [page(...links)]).map((error) => error.split(' ')[1])).toEqual([
      'a.png',
      'b.md',
      'c.png',
    ]);
  });

  it('makes anchors as GitHub does', () => {
    const headings = [
      '# `plugboard/serve`: the *other* end',
      '## Errors',
      '## Errors',
      '## What you [may](a.md) rely on?',
    ];
    expect([...anchorsOf(page(...headings))]).toEqual([
      'plugboardserve-the-other-end',
      'errors',
      'errors-1',
      'what-you-may-rely-on',
    ]);
  });
});
