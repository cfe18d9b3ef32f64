import { below, itemOf } from './tree.ts';

const header = /^[ \t]*(\[\[?)([^\]\n]*)\]/;
const pair =
  /^[ \t]*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:[ \t]*\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)[ \t]*=/;
const part = /"([^"]*)"|'([^']*)'|([\w-]+)/g;
/** A longer line has no header or key that a person would look for. */
const maxLineLength = 2000;

/**
 * Where the tables and keys of a TOML text stand, by path, since its parser does not tell. Lines inside a string of
 * several lines may look like keys; the first of a path wins, and a wrong one is at most misleading.
 */
export function tomlPositions(text: string): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  const counts = new Map<string, number>();
  let table = '';
  const note = (path: string, at: number): void => {
    if (!positions.has(path)) positions.set(path, at);
  };
  let at = 0;
  for (const line of text.split('\n')) {
    const short = line.slice(0, maxLineLength);
    const indent = short.length - short.trimStart().length;
    const [, bracket, name] = header.exec(short) ?? [];
    if (name !== undefined) {
      table = pathOf(name, '', counts);
      if (bracket === '[[') table = nextItem(table, counts);
      note(table, at + indent);
    } else {
      const [, keys] = pair.exec(short) ?? [];
      if (keys !== undefined) note(pathOf(keys, table, counts), at + indent);
    }
    at += line.length + 1;
  }
  return positions;
}

/** `a.b` below a path; where `a` is a list of tables, its last one is meant. */
function pathOf(keys: string, from: string, counts: ReadonlyMap<string, number>): string {
  let path = from;
  for (const [, basic, literal, bare] of keys.matchAll(part)) {
    const count = path === from ? undefined : counts.get(path);
    if (count !== undefined) path = itemOf(path, count - 1);
    path = below(path, basic ?? literal ?? bare ?? '');
  }
  return path;
}

function nextItem(list: string, counts: Map<string, number>): string {
  const index = counts.get(list) ?? 0;
  counts.set(list, index + 1);
  return itemOf(list, index);
}
