import { constants } from 'node:fs';
import { access, lstat, readlink, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, resolve } from 'node:path';

import { FileFault, fileFault } from './file-fault.ts';

const maxLinks = 40;

/**
 * A command as an absolute path: a bare name is looked up as the system would do it.
 * @throws {FileFault} when there is none.
 */
export async function findProgram(command: string, path: string | undefined): Promise<string> {
  if (isAbsolute(command)) return command;
  for (const folder of (path ?? '').split(delimiter)) {
    const file = resolve(folder, command);
    if (isAbsolute(folder) && (await isProgram(file))) return file;
  }
  throw new FileFault('missing', `${command} is not on PATH`);
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/**
 * Makes sure that nobody but root can put another program in place of this one: it, every link to it and every folder
 * above belong to root and are written by nobody else. The program that runs this host is as good. On Windows nothing
 * can be said, and nothing is refused.
 * @throws {FileFault}
 */
export async function checkSystemProgram(program: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    if ((await realpath(program)) === (await realpath(process.execPath))) return;
    let file = program;
    for (let links = 0; links < maxLinks; links++) {
      await checkFolders(dirname(file), program);
      const stats = await lstat(file);
      if (!stats.isSymbolicLink()) return checkRoots(file, stats, program);
      file = resolve(dirname(file), await readlink(file));
    }
    throw new FileFault('unsafe', `${program} is a link to a link without end`);
  } catch (error) {
    throw fileFault(error, program);
  }
}

async function checkFolders(folder: string, program: string): Promise<void> {
  const real = await realpath(folder);
  for (let at = real; ; at = dirname(at)) {
    checkRoots(at, await lstat(at), program);
    if (at === dirname(at)) return;
  }
}

function checkRoots(path: string, stats: { uid: number; mode: number }, program: string): void {
  if (stats.uid === 0 && (stats.mode & 0o022) === 0) return;
  const message = `${program} can be changed by others than root (at ${path}), and the entry does not pin it; give the entry 'interpreter: { path, hash }'`;
  throw new FileFault('unsafe', message);
}

/** The program that a script's first line asks for, with its one argument; undefined if it has no such line. */
export function shebangOf(
  head: Buffer,
): { readonly program: string; readonly args: readonly string[] } | undefined {
  if (head.subarray(0, 2).toString('latin1') !== '#!') return undefined;
  const [line = ''] = head.subarray(2).toString('utf8').split('\n');
  const [program = '', ...args] = line.trim().split(/[ \t]+/);
  return { program, args };
}

const magics: readonly (readonly number[])[] = [
  [0x7f, 0x45, 0x4c, 0x46], // ELF
  [0x23, 0x21], // #!
  [0xcf, 0xfa, 0xed, 0xfe], // Mach-O
  [0xce, 0xfa, 0xed, 0xfe],
  [0xca, 0xfe, 0xba, 0xbe],
  [0x4d, 0x5a], // Windows
];

/** Whether a file begins as a program does. The system would hand anything else to a shell. */
export function isProgramText(head: Buffer): boolean {
  return magics.some((magic) => magic.every((byte, at) => head[at] === byte));
}
