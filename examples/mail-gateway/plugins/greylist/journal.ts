import { open, readFile, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { writeDurably } from '../../queue/durable-file.ts';

/** When a triplet was first seen, and until when it is known: both of the time of day, in milliseconds. */
export interface Seen {
  readonly firstMs: number;
  readonly knownUntilMs: number;
}

/** How many lines may be added before the file is written anew, if most of them are outdated then. */
const manyLines = 100_000;

/** What was seen, in a file: a line for each change, and now and then all of it anew. */
export class Journal {
  readonly #file: string;
  readonly #seen: ReadonlyMap<string, Seen>;
  readonly #manyLines: number;
  #handle: FileHandle | undefined;
  #lines = 0;
  #turn: Promise<void> = Promise.resolve();

  private constructor(file: string, seen: ReadonlyMap<string, Seen>, lines: number) {
    this.#file = file;
    this.#seen = seen;
    this.#manyLines = lines;
  }

  /** Reads what the file knows into `seen`, and stays with both. */
  static async open(file: string, seen: Map<string, Seen>, now: number, lines = manyLines): Promise<Journal> {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const entry = entryOf(line);
      if (entry === undefined) continue;
      seen.delete(entry[0]);
      if (entry[1].knownUntilMs >= now) seen.set(...entry);
    }
    const journal = new Journal(file, seen, lines);
    await journal.#rewrite();
    return journal;
  }

  /** Adds a line for what is in `seen` by now. */
  async add(key: string, entry: Seen): Promise<void> {
    const turn = this.#turn.then(async () => {
      await this.#handle?.appendFile(`${JSON.stringify([key, entry])}\n`);
      this.#lines += 1;
      if (this.#lines > this.#manyLines && this.#lines > 2 * this.#seen.size) await this.#rewrite();
    });
    this.#turn = turn.catch(() => {});
    await turn;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#handle?.close();
  }

  /** Begins a new file with what is known, and puts it in the place of the old one at once. */
  async #rewrite(): Promise<void> {
    const size = this.#seen.size;
    await writeDurably(this.#file, [...this.#seen].map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    const before = this.#handle;
    this.#handle = await open(this.#file, 'a', 0o600);
    await before?.close();
    this.#lines = size;
  }
}

const entrySchema = z.tuple([z.string(), z.object({ firstMs: z.number(), knownUntilMs: z.number() })]);

/** A line that a crash cut off says nothing. */
function entryOf(line: string): [string, Seen] | undefined {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
