import { closeSync, fsync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { journalEntrySchema, type JournalEntry } from './journal-entry.ts';

const sync = promisify(fsync);

/**
 * Adds to what became of a mail. When the call comes back, the entry outlives the death of this process; when its
 * promise does, also a power cut. The first is done at once and not later: a peer's 250 that is not yet written down
 * is the one moment in which a crash sends a mail twice.
 */
export function appendToJournal(path: string, entry: JournalEntry): Promise<void> {
  const file = openSync(path, 'a', 0o600);
  try {
    // The line break before it ends a line that a crash has torn.
    writeSync(file, `\n${JSON.stringify(entry)}\n`);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return sync(file).finally(() => closeSync(file));
}

/** What became of a mail so far; a torn line is left out, as it was never relied on. */
export async function readJournal(path: string): Promise<JournalEntry[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => parseEntry(line));
}

function parseEntry(line: string): JournalEntry[] {
  try {
    return [journalEntrySchema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
