import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';

import { messageOf } from '../core/errors.ts';
import { fitsGlob } from './glob.ts';
import type { ScanProblem } from './problem.ts';

/** How folders are gone through. */
export interface WalkOptions {
  /** How deep below a directory; 0 is only the directory itself. Default 5, as go-plugins. */
  readonly maxDepth?: number;
  /** Globs on names, or on paths below the directory, of what is not looked at. Default none. */
  readonly exclude?: readonly string[];
  /** Default false: a link may lead anywhere. */
  readonly followSymlinks?: boolean;
  readonly signal?: AbortSignal;
}

/** A file that may be a manifest. */
export interface Candidate {
  readonly path: string;
  readonly folder: string;
  /** The plugin's, for patterns: its folder's, or what stands before `.plugin.json`. */
  readonly name: string;
  readonly fileName: string;
}

/** Folders and files that one scan looks at; a plugin directory with more is another directory by mistake. */
const maxEntries = 100_000;

interface Walk {
  readonly root: string;
  readonly options: WalkOptions;
  readonly problems: ScanProblem[];
  readonly candidates: Candidate[];
  /** Real paths, so that links in a circle end. */
  readonly visited: Set<string>;
  entries: number;
}

/** The manifests of a directory and what is below it, in the order of their paths. */
export async function manifestsBelow(
  root: string,
  options: WalkOptions,
  problems: ScanProblem[],
): Promise<readonly Candidate[]> {
  const walk: Walk = { root, options, problems, candidates: [], visited: new Set(), entries: 0 };
  await visit(walk, root, 0);
  return walk.candidates;
}

async function visit(walk: Walk, folder: string, depth: number): Promise<void> {
  walk.options.signal?.throwIfAborted();
  const entries = await entriesOf(walk, folder);
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (++walk.entries > maxEntries) return tooMany(walk, path);
    if (isExcluded(walk, path)) continue;
    const kind = await kindOf(walk, entry, path);
    if (kind === 'file') note(walk, folder, entry.name);
    else if (kind === 'folder' && depth < (walk.options.maxDepth ?? 5)) await visit(walk, path, depth + 1);
  }
}

async function entriesOf(walk: Walk, folder: string): Promise<Dirent[]> {
  try {
    const real = await realpath(folder);
    if (walk.visited.has(real)) return [];
    walk.visited.add(real);
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    walk.problems.push({
      severity: 'error',
      path: folder,
      message: `cannot be looked at: ${messageOf(error)}`,
    });
    return [];
  }
}

/** A link is what it leads to where links are followed, and nothing where they are not. */
async function kindOf(walk: Walk, entry: Dirent, path: string): Promise<'file' | 'folder' | undefined> {
  if (!entry.isSymbolicLink()) return kindIn(entry);
  if (walk.options.followSymlinks !== true) return undefined;
  try {
    return kindIn(await stat(path));
  } catch {
    return undefined; // it leads nowhere
  }
}

function kindIn(entry: { isFile(): boolean; isDirectory(): boolean }): 'file' | 'folder' | undefined {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : undefined;
}

function isExcluded({ root, options }: Walk, path: string): boolean {
  const way = relative(root, path).split(sep).join('/');
  return (options.exclude ?? []).some((glob) => fitsGlob(way, glob) || fitsGlob(basename(path), glob));
}

const named = /^(.+)\.plugin\.json$/;

function note({ candidates }: Walk, folder: string, fileName: string): void {
  const [, before] = named.exec(fileName) ?? [];
  const name = fileName === 'plugin.json' ? basename(folder) : before;
  if (name !== undefined) candidates.push({ path: join(folder, fileName), folder, name, fileName });
}

function tooMany(walk: Walk, path: string): void {
  if (walk.entries > maxEntries + 1) return;
  const message = `has more than ${maxEntries} files and folders; the rest is not looked at. Name a smaller directory.`;
  walk.problems.push({ severity: 'error', path, message });
}
