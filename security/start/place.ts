import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, relative, sep } from 'node:path';

import { printable } from '../../src/core/printable.ts';
import { FileFault, fileFault } from './file-fault.ts';
import { ownershipFault } from './trusted-owner.ts';

/** Where plugins may lie. */
export interface Bounds {
  /** Absolute; undefined: wherever the whitelist says. */
  readonly pluginDirs: readonly string[] | undefined;
  /** The whitelist's own folder, absolute: below it no link is followed. */
  readonly home: string;
}

/**
 * The real path of a whitelisted file or directory, once its place was looked at: inside the plugin directories, no
 * link on its way, and no folder on its way that others may write.
 * @throws {FileFault}
 */
export async function trustedPlace(path: string, bounds: Bounds): Promise<string> {
  try {
    return await checkedPlace(path, bounds);
  } catch (error) {
    throw fileFault(error, path);
  }
}

async function checkedPlace(path: string, bounds: Bounds): Promise<string> {
  const parent = dirname(path);
  const realParent = await realOf(parent);
  const bases = bounds.pluginDirs ?? [bounds.home];
  const base = bases.find((folder) => isBelow(folder, parent));
  if (bounds.pluginDirs !== undefined) await checkInside(path, realParent, bounds.pluginDirs);
  await (base === undefined ? checkNoLinks(parent) : checkStraight(base, parent, realParent));
  const top = base === undefined ? parse(realParent).root : await realOf(base);
  await checkFolders(realParent, isBelow(top, realParent) ? top : realParent);
  return join(realParent, path.slice(parent.length).replace(/^[/\\]+/, ''));
}

/** Whether a path is a folder or lies below it; both absolute. */
export function isBelow(folder: string, path: string): boolean {
  const rest = relative(folder, path);
  return rest === '' || (!isAbsolute(rest) && rest !== '..' && !rest.startsWith(`..${sep}`));
}

/** A path without links; of what is not there, the fault says so. */
export async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw fileFault(error, path);
  }
}

async function checkInside(path: string, realParent: string, pluginDirs: readonly string[]): Promise<void> {
  for (const folder of pluginDirs) {
    const real = await realOf(folder).catch(() => undefined);
    if (real !== undefined && isBelow(real, realParent)) return;
  }
  const dirs = pluginDirs.map((folder) => printable(folder, 200)).join(', ');
  throw new FileFault('unsafe', `${path} does not lie in the plugin directories (${dirs}); move it there`);
}

async function checkStraight(base: string, parent: string, realParent: string): Promise<void> {
  if (join(await realOf(base), relative(base, parent)) === realParent) return;
  throw linked(parent, realParent);
}

/** Links of the system itself, such as macOS' /var, are no fault. */
async function checkNoLinks(parent: string): Promise<void> {
  const { root } = parse(parent);
  const [first = '', ...rest] = parent.slice(root.length).split(sep);
  const top = join(root, first);
  const isSystems = (await lstat(top)).uid === 0;
  const expected = join(isSystems ? await realOf(top) : top, ...rest);
  const real = await realOf(parent);
  if (real !== expected) throw linked(parent, real);
}

function linked(parent: string, real: string): FileFault {
  return new FileFault('unsafe', `${parent} is reached through a symbolic link; name the real path, ${real}`);
}

/**
 * Looks at a folder and those above it up to `top`: only root and we may write them. A sticky folder such as /tmp may
 * be on the way, but nothing may lie in it directly.
 * @throws {FileFault}
 */
export async function checkFolders(from: string, top: string): Promise<void> {
  for (let folder = from; ; folder = dirname(folder)) {
    const stats = await lstat(folder);
    const isSticky = folder !== from && (stats.mode & 0o1000) !== 0 && stats.uid === 0;
    const fault = isSticky ? undefined : ownershipFault(folder, stats);
    if (fault !== undefined) throw new FileFault('unsafe', fault);
    if (folder === top || folder === dirname(folder)) return;
  }
}
