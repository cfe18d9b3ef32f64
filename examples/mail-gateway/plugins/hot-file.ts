import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from 'plugboard';

/** A file that is read again whenever it changes. */
export interface HotFile<T> {
  /** What it says; what it said before, while it cannot be understood. */
  readonly content: T;
  close(): void;
}

/** How often to look, in milliseconds: a look is one `stat`, and replaced files are seen too. */
const everyMs = 500;

/**
 * Reads a file and stays with it.
 * @throws {Error} if it cannot be read or understood the first time.
 */
export async function hotFile<T>(file: string, parse: (text: string) => T, log: Logger): Promise<HotFile<T>> {
  let content = parse(await readFile(file, 'utf8'));
  const readAgain = async (): Promise<void> => {
    try {
      content = parse(await readFile(file, 'utf8'));
      log.info(`took up ${file}`);
    } catch (error) {
      log.error(`${file} cannot be used; what it said before stays in force`, { error: String(error) });
    }
  };
  const changed = (): void => void readAgain();
  watchFile(file, { interval: everyMs, persistent: false }, changed);
  return {
    get content() {
      return content;
    },
    close: () => unwatchFile(file, changed),
  };
}
