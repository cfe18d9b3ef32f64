import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { linesOf, type Page } from './markdown.ts';

/** One `page:line: …` for each relative link that leads to no file, or to no heading of it. */
export function linkErrors(root: string, pages: readonly Page[]): string[] {
  return pages.flatMap((page) =>
    linesOf(page)
      .filter((line) => line.code === undefined)
      .flatMap((line) => linksIn(line.text).map((link) => ({ link, at: `${page.path}:${line.number}` })))
      .filter(({ link }) => !/^([a-z][a-z+.-]*:|\/\/)/i.test(link))
      .flatMap(({ link, at }) => problem(root, page, link).map((what) => `${at}: ${link} ${what}`)),
  );
}

const linkShapes = [
  /\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g, // [text](target "title") and images
  /^\s*\[[^\]^][^\]]*\]:\s*<?([^\s>]+)>?/g, // [name]: target
  /<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]+)"/g,
];

function linksIn(line: string): string[] {
  const prose = line.replaceAll(/(`+)(?:.*?[^`])?\1(?!`)/g, '');
  return linkShapes.flatMap((shape) => [...prose.matchAll(shape)].map((match) => match[1] ?? ''));
}

function problem(root: string, page: Page, link: string): string[] {
  const [target = '', anchor] = decodeURIComponent(link).split('#', 2);
  const path = target === '' ? page.path : posix.join(posix.dirname(page.path), target);
  if (path.startsWith('..')) return ['leads out of the repository'];
  if (target !== '' && !existsSync(join(root, path))) return ['leads to no file'];
  if (anchor === undefined) return [];
  if (!path.endsWith('.md') || statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory()) {
    return /^L\d+(-L\d+)?$/.test(anchor) ? [] : ['names a heading of a file that is no page'];
  }
  const text = target === '' ? page.text : readFileSync(join(root, path), 'utf8');
  return anchorsOf({ path, text }).has(anchor) ? [] : ['names no heading of that page'];
}

/** The anchors that a page has on GitHub: of its headings, numbered where they repeat, and written ones. */
export function anchorsOf(page: Page): Set<string> {
  const anchors = new Set<string>();
  for (const { text, code } of linesOf(page)) {
    if (code !== undefined) continue;
    const heading = /^#{1,6}\s+(.*?)\s*#*\s*$/.exec(text)?.[1];
    if (heading !== undefined) anchors.add(unused(slug(heading), anchors));
    for (const [, written] of text.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(written ?? '');
  }
  return anchors;
}

function slug(heading: string): string {
  return heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*]|<[^>]+>/g, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}

function unused(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let count = 1;
  while (taken.has(`${name}-${count}`)) count += 1;
  return `${name}-${count}`;
}
