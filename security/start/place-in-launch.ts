import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

import type { ModuleLaunch, ProgramLaunch } from '../../src/core/gate.ts';
import type { Interpreter, Pins } from '../whitelist/whitelist.ts';
import { isBelow } from './place.ts';

/** Where in a launch the plugin's own file stands: it is the module or the command, or an interpreter's program. */
export type PlaceInLaunch =
  | { readonly at: 'module' }
  | { readonly at: 'command' }
  | { readonly at: 'argument'; readonly index: number };

/** The file of an entry that runs, by its real path. */
export function mainFile(realPath: string, pins: Pins): string {
  return pins.kind === 'file' ? realPath : join(realPath, pins.entry);
}

/**
 * Finds the entry's file in a launch: as the module, as the command, or right behind the words that the entry allows
 * between an interpreter and its program. Undefined if something else would run.
 */
export async function placeInLaunch(
  launch: ProgramLaunch | ModuleLaunch,
  main: string,
  interpreter: Interpreter,
): Promise<PlaceInLaunch | undefined> {
  if (launch.kind === 'module') return (await isSame(launch.file, main)) ? { at: 'module' } : undefined;
  if (await isSame(launch.command, main)) return { at: 'command' };
  const { args } = interpreter;
  if (args.some((word, index) => launch.args[index] !== word)) return undefined;
  const program = launch.args[args.length];
  if (program === undefined || !(await isSame(resolve(launch.cwd, program), main))) return undefined;
  return { at: 'argument', index: args.length };
}

async function isSame(path: string, main: string): Promise<boolean> {
  return isAbsolute(path) && (await inRealFolder(path)) === main; // a bare name is looked up elsewhere
}

/** A path whose folder is real; a link at its end stays one, so that it is no other file's equal. */
async function inRealFolder(path: string): Promise<string> {
  try {
    return join(await realpath(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

/** The path of a file in an entry's copy, for a path in the entry; undefined for one outside. */
export async function inCopy(
  path: string,
  realPath: string,
  copy: string,
  has: (name: string) => boolean,
): Promise<string | undefined> {
  const real = await inRealFolder(path);
  if (!isBelow(realPath, real)) return undefined;
  const rest = relative(realPath, real);
  if (rest === '') return copy;
  return has(rest.split(sep).join('/')) ? join(copy, rest) : undefined;
}
