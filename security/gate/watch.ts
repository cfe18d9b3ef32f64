import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import type { FSWatcher } from 'chokidar';

import type { Clock, Timer } from '../../src/core/clock.ts';

/** Systems forget to tell, and several changes in a row may be told as one; so often is looked anyway, in milliseconds. */
const lookEveryMs = 1000;

/** What a watch tells. */
export interface WatchListener {
  /** The file has had this look for long enough to be believed; says whether it still had it when it was read. */
  readonly onSettled: (look: string) => Promise<boolean>;
  /** The system cannot watch; looking goes on. */
  readonly onError: (error: unknown) => void;
}

/**
 * Watches a file through its folder, so that it may be replaced, removed and made again. A change counts once the file
 * has looked the same for `delayMs`: what is being written is not read.
 */
export class Watch {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #listener: WatchListener;
  #watcher: FSWatcher | undefined;
  #settle: Timer | undefined;
  #regular: Timer | undefined;
  #settled = '';
  #seen = '';
  #looking = false;
  #again = false;
  #closed = false;

  constructor(file: string, clock: Clock, delayMs: number, listener: WatchListener) {
    this.#file = file;
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#listener = listener;
  }

  /** Begins; `settled` is the look of the file that is in force. */
  async open(settled: string): Promise<void> {
    this.#settled = settled;
    const folder = dirname(this.#file);
    const name = basename(this.#file);
    const { watch } = await import('chokidar');
    // Mounted configuration is replaced through links whose names begin with two dots.
    const isOther = (path: string): boolean =>
      path !== folder && basename(path) !== name && !basename(path).startsWith('..');
    this.#watcher = watch(folder, { depth: 0, ignoreInitial: true, persistent: false, ignored: isOther });
    this.#watcher.on('all', () => this.poke());
    this.#watcher.on('error', this.#listener.onError);
    this.#lookRegularly();
    this.poke(); // it may have changed since it was read
  }

  /** Looks soon. */
  poke(): void {
    if (this.#closed) return;
    if (this.#looking) this.#again = true;
    else this.#settle ??= this.#start(this.#delayMs, () => void this.#look());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#settle?.cancel();
    this.#regular?.cancel();
    await this.#watcher?.close();
  }

  async #look(): Promise<void> {
    this.#settle = undefined;
    this.#looking = true;
    this.#again = false;
    try {
      const look = await lookOf(this.#file);
      const isSteady = look === this.#seen;
      this.#seen = look;
      if (look === this.#settled) return;
      if (isSteady && (await this.#listener.onSettled(look))) this.#settled = look;
      else this.#again = true;
    } finally {
      this.#looking = false;
      if (this.#again) this.poke();
    }
  }

  #lookRegularly(): void {
    this.#regular = this.#start(lookEveryMs, () => {
      this.poke();
      this.#lookRegularly();
    });
  }

  #start(afterMs: number, task: () => void): Timer {
    const timer = this.#clock.startTimer(afterMs, task);
    timer.keepAlive(false);
    return timer;
  }
}

/** All that changes when a file does, in one line; the same for every file that cannot be seen. */
export async function lookOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'unseen';
  }
}
