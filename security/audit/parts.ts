import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The name of a part that is full: `audit.jsonl` becomes `audit.jsonl.000001`, `audit.jsonl.000002`, … */
export function partName(file: string, number: number): string {
  return `${file}.${String(number).padStart(6, '0')}`;
}

/** The full parts of a log, oldest first, by number. Empty if there is no such folder. */
export async function partsOf(file: string): Promise<{ readonly number: number; readonly path: string }[]> {
  const folder = dirname(file);
  const prefix = `${basename(file)}.`;
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.startsWith(prefix) && /^\d{6,15}$/.test(name.slice(prefix.length)))
    .map((name) => ({ number: Number(name.slice(prefix.length)), path: join(folder, name) }))
    .toSorted((one, other) => one.number - other.number);
}
