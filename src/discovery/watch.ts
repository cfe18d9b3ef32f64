import { basename, resolve } from 'node:path';

import type { FSWatcher } from 'chokidar';

import type { Clock, Timer } from '../core/clock.ts';
import { fitsGlob } from './glob.ts';

/** A plugin is unpacked in several steps; the folders are looked at when nothing has happened for so long, in milliseconds. */
const settleMs = 200;

/** What is watched, and who hears of it. */
export interface WatchOptions {
  readonly directories: readonly string[];
  readonly maxDepth: number;
  readonly exclude: readonly string[];
  readonly clock: Clock;
  /** A manifest came, changed or went. */
  readonly onChange: () => void;
}

/** Tells of manifests that come, change or go. The returned function ends that. */
export async function watchManifests(options: WatchOptions): Promise<() => Promise<void>> {
  const { clock, maxDepth, exclude, onChange } = options;
  const { watch } = await import('chokidar');
  const roots = options.directories.map((path) => resolve(path));
  let timer: Timer | undefined;
  const changed = (): void => {
    timer?.cancel();
    timer = clock.startTimer(settleMs, onChange);
    timer.keepAlive(false);
  };
  const watcher: FSWatcher = watch(roots, {
    depth: maxDepth,
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path) => isIgnored(path, exclude),
  });
  watcher.on('all', (event, path) => {
    if (event.endsWith('Dir') || isManifest(basename(path))) changed();
  });
  watcher.on('error', () => changed()); // what can still be seen is looked at
  await new Promise<void>((ready) => watcher.once('ready', ready));
  return async () => {
    timer?.cancel();
    await watcher.close();
  };
}

function isIgnored(path: string, exclude: readonly string[]): boolean {
  const name = basename(path);
  return name === 'node_modules' || name === '.git' || exclude.some((glob) => fitsGlob(name, glob));
}

function isManifest(name: string): boolean {
  return name === 'plugin.json' || name.endsWith('.plugin.json');
}
