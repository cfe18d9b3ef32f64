import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { FSWatcher } from 'chokidar';

import type { Clock, Timer } from './clock.ts';
import { messageOf, PluginError } from './errors.ts';
import { printable } from './printable.ts';
import { readText } from './read-text.ts';

/** An editor writes in several steps; the file is read when nothing has happened for so long, in milliseconds. */
const settleMs = 50;
/** A file that is written all the time is read all the same, after so long, in milliseconds. */
const longestSettleMs = 1000;

/** What is watched, and who hears of it. */
export interface FileWatchOptions {
  /** The file; it need not exist yet. */
  readonly path: string;
  /** A larger file is a problem, in bytes. */
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Looks so often too, in milliseconds, for file systems that send no events. Default, and for 0: never. */
  readonly intervalMs?: number | undefined;
  /** What was read before; the same text again is no change. */
  readonly known?: string | undefined;
  /** Hears of every new text. The next is not read before it has resolved. */
  readonly onText: (text: string) => void | Promise<void>;
  /** Hears that the file cannot be read now: missing, too large, no permission. */
  readonly onProblem: (error: PluginError) => void | Promise<void>;
}

/** A running watch. */
export interface FileWatch {
  /** Ends it and waits for a reading under way. */
  close(): Promise<void>;
}

/**
 * Watches one file by its directory, so that a rename over it, a link that is moved (as Kubernetes does) and a file
 * that goes and comes back are all seen. Many writes become one reading; the last one wins. Costs nothing while idle.
 */
export async function watchFile(options: FileWatchOptions): Promise<FileWatch> {
  const watch = new DirectoryWatch(options);
  await watch.open();
  return watch;
}

class DirectoryWatch implements FileWatch {
  readonly #options: FileWatchOptions;
  readonly #path: string;
  readonly #watchers = new Map<string, FSWatcher>();
  #known: string | undefined;
  #problem: string | undefined;
  #timer: Timer | undefined;
  #interval: Timer | undefined;
  #firstAt: number | undefined;
  #reading: Promise<void> | undefined;
  #isStale = false;
  #emptyAt: number | undefined;
  #closed = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
    this.#path = resolve(options.path);
    this.#known = options.known;
  }

  async open(): Promise<void> {
    await this.#follow(dirname(this.#path));
    this.#changed(); // what was written before the watch stood
    this.#lookLater();
  }

  #lookLater(): void {
    const { clock, intervalMs = 0 } = this.#options;
    if (intervalMs === 0 || this.#closed) return;
    this.#interval = clock.startTimer(intervalMs, () => {
      this.#changed();
      this.#lookLater();
    });
    this.#interval.keepAlive(false);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#interval?.cancel();
    await this.#reading;
    await Promise.all([...this.#watchers.values()].map((watcher) => watcher.close()));
  }

  /** Watches a folder: that of the name, and that where its links lead. */
  async #follow(folder: string): Promise<void> {
    if (this.#watchers.has(folder)) return;
    const { watch } = await import('chokidar');
    const watcher = watch(folder, { depth: 0, ignoreInitial: true, followSymlinks: false });
    this.#watchers.set(folder, watcher);
    watcher.on('all', () => this.#changed());
    watcher.on('raw', () => this.#changed()); // a link that is moved is not always a change to chokidar
    watcher.on('error', (error) => void this.#tell(cannotWatch(this.#path, error)));
    await new Promise<void>((ready) => watcher.once('ready', ready));
  }

  /** Follows the links of the file, and leaves where they led before. */
  async #followLinks(): Promise<void> {
    const own = dirname(this.#path);
    const real = await realpath(this.#path).then(dirname, () => own);
    await this.#follow(real);
    for (const [folder, watcher] of this.#watchers) {
      if (folder === own || folder === real) continue;
      this.#watchers.delete(folder);
      await watcher.close();
    }
  }

  #changed(): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#firstAt ??= clock.now();
    const waitMs = Math.min(settleMs, Math.max(0, this.#firstAt + longestSettleMs - clock.now()));
    this.#timer = clock.startTimer(waitMs, () => this.#settled());
    this.#timer.keepAlive(false);
  }

  #settled(): void {
    this.#firstAt = undefined;
    this.#isStale = true;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
  }

  async #read(): Promise<void> {
    while (this.#isStale && !this.#closed) {
      this.#isStale = false;
      try {
        await this.#followLinks();
        const text = await readText(this.#path, this.#options.maxBytes);
        if (text === this.#known || this.#isBeingWritten(text)) continue;
        this.#known = text;
        this.#problem = undefined;
        await this.#options.onText(text);
      } catch (error) {
        await this.#tell(PluginError.from(error, 'CONFIG_1706'));
      }
    }
  }

  /** Who writes a file in place empties it first; only what stays empty for a while is believed. */
  #isBeingWritten(text: string): boolean {
    const now = this.#options.clock.now();
    this.#emptyAt = text === '' ? (this.#emptyAt ?? now) : undefined;
    if (this.#emptyAt === undefined || now - this.#emptyAt >= settleMs) return false;
    this.#changed();
    return true;
  }

  /** Once for each problem: other files of the folder change too while this one is missing. */
  async #tell(problem: PluginError): Promise<void> {
    this.#known = undefined;
    if (problem.message === this.#problem) return;
    this.#problem = problem.message;
    try {
      await this.#options.onProblem(problem);
    } catch {
      // Who is told of a problem must not make another.
    }
  }
}

function cannotWatch(path: string, error: unknown): PluginError {
  const message = `the folder of ${printable(path, 300)} cannot be watched: ${messageOf(error)}. Raise the system's limit of watches, or reload by hand.`;
  return new PluginError('CONFIG_1704', { message, cause: error });
}
