import { opendir, lstat } from 'node:fs/promises';
import { join } from 'node:path';

import { FileFault, fileFault } from './file-fault.ts';
import { ownershipFault } from './trusted-owner.ts';

const maxFiles = 100_000;
const maxDepth = 64;

/**
 * Every file below a directory, by its path in it with `/`, sorted; nothing but plain files and directories, none of
 * which others may write.
 * @throws {FileFault}
 */
export async function listFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  try {
    await walk(root, '', 0, found);
  } catch (error) {
    throw fileFault(error, root);
  }
  return found.toSorted();
}

async function walk(root: string, below: string, depth: number, found: string[]): Promise<void> {
  const folder = join(root, below);
  if (depth > maxDepth) throw new FileFault('unsafe', `${folder} is nested deeper than ${maxDepth}`);
  await checkFolder(folder);
  const folders: string[] = [];
  for await (const item of await opendir(folder)) {
    const path = below === '' ? item.name : `${below}/${item.name}`;
    if (item.isDirectory()) folders.push(path);
    else if (item.isFile()) found.push(path);
    else
      throw new FileFault(
        'unsafe',
        `${join(root, path)} is a link or a special file; a plugin has files only`,
      );
    if (found.length > maxFiles) throw new FileFault('unsafe', `${root} has more than ${maxFiles} files`);
  }
  for (const path of folders) await walk(root, path, depth + 1, found);
}

async function checkFolder(folder: string): Promise<void> {
  const stats = await lstat(folder);
  if (!stats.isDirectory()) throw new FileFault('unsafe', `${folder} is no directory`);
  const fault = ownershipFault(folder, stats);
  if (fault !== undefined) throw new FileFault('unsafe', fault);
}
