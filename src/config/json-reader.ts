import { maxDepth, NodeBudget, tooDeep } from './caps.ts';
import { UnreadableText } from './problems.ts';
import { below, itemOf, type Entry, type Tree } from './tree.ts';

/** Reads JSON (RFC 8259), and nothing more, into a tree with positions. Node's own parser does not tell them. */
export function readJson(text: string): Tree {
  const cursor: Cursor = { text, at: text.startsWith('\uFEFF') ? 1 : 0, budget: new NodeBudget() };
  const tree = readValue(cursor, '', 0);
  skipSpace(cursor);
  if (cursor.at < text.length) throw unexpected(cursor, 'the end of the file');
  return tree;
}

interface Cursor {
  readonly text: string;
  readonly budget: NodeBudget;
  at: number;
}

const space = /[ \t\r\n]*/y;
const word = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

function skipSpace(cursor: Cursor): void {
  space.lastIndex = cursor.at;
  space.test(cursor.text);
  cursor.at = space.lastIndex;
}

function readValue(cursor: Cursor, path: string, depth: number): Tree {
  skipSpace(cursor);
  const { at } = cursor;
  cursor.budget.take(1, at);
  const sign = cursor.text[at];
  if (sign === '{' || sign === '[') {
    if (depth === maxDepth) throw tooDeep(at);
    return sign === '{' ? readMap(cursor, path, depth) : readList(cursor, path, depth);
  }
  const value: unknown = sign === '"' ? readString(cursor) : readWord(cursor);
  return { kind: 'scalar', at, path, value };
}

function readMap(cursor: Cursor, path: string, depth: number): Tree {
  const { at } = cursor;
  const entries: Entry[] = [];
  readParts(cursor, '}', () => {
    skipSpace(cursor);
    const keyAt = cursor.at;
    if (cursor.text[keyAt] !== '"') throw unexpected(cursor, 'a key in double quotes');
    const key = readString(cursor);
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== ':') throw unexpected(cursor, "':'");
    cursor.at++;
    entries.push({ key, at: keyAt, value: readValue(cursor, below(path, key), depth + 1) });
  });
  return { kind: 'map', at, path, entries };
}

function readList(cursor: Cursor, path: string, depth: number): Tree {
  const { at } = cursor;
  const items: Tree[] = [];
  readParts(cursor, ']', () => items.push(readValue(cursor, itemOf(path, items.length), depth + 1)));
  return { kind: 'list', at, path, items };
}

function readParts(cursor: Cursor, end: string, readPart: () => void): void {
  cursor.at++;
  skipSpace(cursor);
  while (cursor.text[cursor.at] !== end) {
    readPart();
    skipSpace(cursor);
    const sign = cursor.text[cursor.at];
    if (sign !== ',' && sign !== end) throw unexpected(cursor, `',' or '${end}'`);
    if (sign === end) break;
    cursor.at++;
    skipSpace(cursor);
    if (cursor.text[cursor.at] === end) throw unexpected(cursor, "another value after ','");
  }
  cursor.at++;
}

function readString(cursor: Cursor): string {
  const { text, at } = cursor;
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  cursor.at = end + 1;
  try {
    return JSON.parse(text.slice(at, cursor.at)) as string;
  } catch {
    const why =
      end < text.length ? 'a string holds what JSON does not allow in one' : 'a string does not end';
    throw new UnreadableText(why, at);
  }
}

function readWord(cursor: Cursor): unknown {
  word.lastIndex = cursor.at;
  const [found] = word.exec(cursor.text) ?? [];
  if (found === undefined) throw unexpected(cursor, 'a value');
  cursor.at = word.lastIndex;
  return JSON.parse(found) as unknown;
}

function unexpected(cursor: Cursor, wanted: string): UnreadableText {
  const found = cursor.text[cursor.at];
  const what = found === undefined ? 'the file ends' : `found '${found}'`;
  return new UnreadableText(`is not valid JSON: ${what} where ${wanted} must be`, cursor.at);
}
