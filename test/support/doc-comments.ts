import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the comments of one interface say: of itself, and of its fields by name. */
export interface InterfaceComments {
  readonly itself: string;
  readonly fields: ReadonlyMap<string, string>;
}

const declaration = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?export interface (\w+)[^{]*\{([\s\S]*?)\n\}/g;
const field = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\$?\w+)\??:/g;

/** The comments of every exported interface of a folder of sources, by name. */
export function interfaceComments(folder: string): ReadonlyMap<string, InterfaceComments> {
  const found = new Map<string, InterfaceComments>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts'))) {
    for (const [, own = '', title = '', body = ''] of readFileSync(join(folder, name), 'utf8').matchAll(
      declaration,
    )) {
      const fields = [...body.matchAll(field)].map(([, text = '', key = '']) => [key, flat(text)] as const);
      found.set(title, { itself: flat(own), fields: new Map(fields) });
    }
  }
  return found;
}

function flat(comment: string): string {
  return comment
    .replace(/\n\s*\*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
