import { mkdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { ProgramLaunch } from '../../src/core/gate.ts';
import type { Interpreter, Sha256 } from '../whitelist/whitelist.ts';
import { FileFault } from './file-fault.ts';
import { checkSystemProgram, findProgram, isProgramText, shebangOf } from './interpreter.ts';
import { measure } from './measure.ts';
import { realOf } from './place.ts';

/** The program that runs a script, as it was found. */
export interface FoundInterpreter {
  /** Where it is, absolute. */
  readonly path: string;
  /** What to start: it, or its verified copy. */
  readonly start: string;
  /** Of the bytes that were copied; undefined for one that only root may change, which is started where it lies. */
  readonly sha256: Sha256 | undefined;
}

/**
 * Looks at the interpreter that a launch names: one that the entry pins is read, hashed and copied; any other must be
 * where only root may change it.
 * @throws {FileFault}
 */
export async function lookAtInterpreter(
  launch: ProgramLaunch,
  wanted: Interpreter,
  copyInto: string | undefined,
): Promise<FoundInterpreter> {
  const path = await findProgram(launch.command, launch.env['PATH'] ?? process.env['PATH']);
  await checkWanted(path, wanted);
  if (wanted.sha256 === undefined) {
    await checkSystemProgram(path);
    return { path, start: path, sha256: undefined };
  }
  const real = await realOf(path);
  const folder = copyInto === undefined ? undefined : join(copyInto, 'interpreter');
  if (folder !== undefined) await mkdir(folder, { mode: 0o700 });
  const pins = { kind: 'file', sha256: wanted.sha256 } as const;
  const { files, copy } = await measure(real, pins, { maxFileSizeBytes: Infinity, copyInto: folder });
  const file = files.get(basename(real));
  if (file?.fault !== undefined) throw file.fault;
  return { path, start: copy ?? path, sha256: file?.sha256 };
}

/** Looks at what the first line of a script that is a program names. @throws {FileFault} */
export async function lookAtFirstLine(
  head: Buffer,
  launch: ProgramLaunch,
  wanted: Interpreter,
): Promise<void> {
  if (!isProgramText(head)) {
    const message =
      'it does not begin as a program does, so a shell would guess what it is; give the source its interpreter, or the script a first line';
    throw new FileFault('unsafe', message);
  }
  const line = shebangOf(head);
  if (line === undefined) return;
  if (wanted.sha256 !== undefined) {
    const message =
      'its interpreter is pinned but its first line chooses one; start it as an argument of the interpreter';
    throw new FileFault('unsafe', message);
  }
  const path = launch.env['PATH'] ?? process.env['PATH'];
  await checkSystemProgram(line.program);
  const isEnv = basename(line.program) === 'env';
  const program = isEnv
    ? line.args.find((word) => !word.startsWith('-') && !word.includes('='))
    : line.program;
  const found = await findProgram(program ?? line.program, path);
  await checkWanted(found, wanted);
  if (isEnv) await checkSystemProgram(found);
}

async function checkWanted(found: string, wanted: Interpreter): Promise<void> {
  if (wanted.path === undefined) return;
  const real = await realpath(wanted.path).catch(() => wanted.path);
  if ((await realOf(found)) === real) return;
  throw new FileFault('unsafe', `its interpreter would be ${found}, but the entry names ${wanted.path}`);
}
