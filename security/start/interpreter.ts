import { constants, type Stats } from 'node:fs';
import { access, lstat, readlink, realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, parse, resolve, sep } from 'node:path';

import { FileFault, fileFault } from './file-fault.ts';
import { isBelow } from './place.ts';
import { ownershipFault } from './trusted-owner.ts';

const maxLinks = 40;

/**
 * A command as an absolute path: a bare name is looked up as the system would do it.
 * @throws {FileFault} when there is none.
 */
export async function findProgram(command: string, path: string | undefined): Promise<string> {
  if (isAbsolute(command)) return command;
  for (const folder of (path ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) throw new FileFault('unsafe', relativeFolder(folder, command));
    const file = resolve(folder, command);
    if (await isProgram(file)) return file;
  }
  throw new FileFault('missing', `${command} is not on PATH`);
}

/** The system would look there too, beside whatever the plugin works on. */
function relativeFolder(folder: string, command: string): string {
  return `PATH has the folder '${folder}', which is not absolute, before the one with ${command}; take it out`;
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
 * Makes sure that nobody but root can put another program in place of this one: it, every link on the way to it and
 * every folder above belong to root and are written by nobody else. The program that runs this host is as good, wherever
 * it lies, if nobody but root and we can change the way to it. On Windows nothing can be said, and nothing is refused.
 * @throws {FileFault}
 */
export async function checkSystemProgram(program: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    if (!isAbsolute(program))
      throw new FileFault('unsafe', `the interpreter ${program} is no absolute path; name it in full`);
    const own = await realpath(process.execPath);
    const isOwn = (await realpath(program)) === own;
    await checkWay(program, (path, stats) => {
      if (isOwn ? isBelow(path, own) || ownershipFault(path, stats) === undefined : isRoots(stats)) return;
      const message = `${program} can be changed by others than root (at ${path}), and the entry does not pin it; give the entry 'interpreter: { path, hash }'`;
      throw new FileFault('unsafe', message);
    });
  } catch (error) {
    throw fileFault(error, program);
  }
}

/** Shows every folder and file that a path leads through, step by step, following links as the system does. */
async function checkWay(program: string, check: (path: string, stats: Stats) => void): Promise<void> {
  const { root } = parse(program);
  let at = root;
  let rest = partsOf(program);
  check(root, await lstat(root));
  for (let links = 0; rest.length > 0;) {
    const [part = '', ...after] = rest;
    const path = join(at, part);
    const stats = await lstat(path);
    rest = after;
    if (!stats.isSymbolicLink()) {
      check(path, stats);
      at = path;
      continue;
    }
    if (++links > maxLinks) throw new FileFault('unsafe', `${program} is a link to a link without end`);
    const target = await readlink(path);
    rest = [...partsOf(target), ...after];
    if (isAbsolute(target)) at = root;
  }
}

function partsOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((part) => part !== '' && part !== '.');
}

function isRoots({ uid, mode }: Stats): boolean {
  return uid === 0 && (mode & 0o022) === 0;
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
