import { lstat, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';

import { openPlain } from './open-plain.ts';
import { ownershipFault } from './trusted-owner.ts';

const nodeFiles: ReadonlySet<string> = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']);
/** Those whose kind of module the nearest package.json decides. */
const undecided: ReadonlySet<string> = new Set(['.js', '.ts']);
const maxPackageBytes = 1024 * 1024;

/**
 * Lets a Node plugin's copy find what the plugin itself would: links to every `node_modules` above it, innermost last,
 * and the kind of module that the nearest package.json names. Folders that others may write are left out. Says where
 * the copy belongs; for other plugins that is `into` itself.
 */
export async function nodeSurroundings(realPath: string, main: string, into: string): Promise<string> {
  if (!nodeFiles.has(extname(main))) return into;
  let folder = into;
  for (const packages of await packagesAbove(dirname(realPath))) {
    await symlink(packages, join(folder, 'node_modules'), 'junction');
    folder = join(folder, 'in');
    await mkdir(folder, { mode: 0o700 });
  }
  // Also an empty one counts: without it Node takes name, exports and type from one further up, whoever wrote that.
  const isModule = undecided.has(extname(main)) && (await isModuleScope(dirname(realPath)));
  await writeFile(join(folder, 'package.json'), isModule ? '{"type":"module"}' : '{}', { mode: 0o400 });
  return folder;
}

/** Outermost first. */
async function packagesAbove(from: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of foldersAbove(from)) {
    const path = join(folder, 'node_modules');
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isDirectory() === true && ownershipFault(path, stats) === undefined) found.unshift(path);
  }
  return found;
}

async function isModuleScope(from: string): Promise<boolean> {
  for (const folder of foldersAbove(from)) {
    const text = await readPackage(join(folder, 'package.json'));
    if (text !== undefined) return saysModule(text);
  }
  return false;
}

function saysModule(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value && value.type === 'module';
  } catch {
    return false;
  }
}

async function readPackage(path: string): Promise<string | undefined> {
  try {
    await using file = await openPlain(path);
    const buffer = Buffer.alloc(Math.min(file.stats.size, maxPackageBytes));
    await file.handle.read(buffer, 0, buffer.length, 0);
    return buffer.toString('utf8');
  } catch {
    return undefined;
  }
}

function foldersAbove(from: string): string[] {
  const folders = [from];
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) folders.push(dirname(folder));
  return folders;
}
