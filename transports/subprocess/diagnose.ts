import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

import { messageOf, PluginError, read } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import { exitWords, type Exit } from './exit.ts';
import type { ResolvedSubprocess } from './options.ts';

/** Why a program could not be started, and what to do about it. */
export async function spawnFailure(
  error: unknown,
  what: ResolvedSubprocess,
  plugin: string,
): Promise<PluginError> {
  const code = typeof error === 'object' && error !== null ? read(error, 'code') : undefined;
  const command = printable(what.command, 200);
  const why = (await lookAt(what)) ?? spawnCodes[String(code)]?.(command) ?? messageOf(error);
  return new PluginError('REGISTRY_1908', {
    plugin,
    message: `'${command}' could not be started: ${why}`,
    context: { command, errno: typeof code === 'string' ? code : undefined },
    retryable: code === 'EMFILE' || code === 'ENFILE' || code === 'EAGAIN' || code === 'ETXTBSY',
    cause: error,
  });
}

const spawnCodes: Record<string, (command: string) => string> = {
  ENOENT: (command) => `there is no such program. Check the path, or install ${command} and put it on PATH.`,
  EACCES: () => 'permission is denied. Make the file executable: chmod +x.',
  ETXTBSY: () => 'the file is being written to. Let the copy end, or replace the file by a rename.',
  E2BIG: () => 'its arguments and environment are too long together. Pass large data in the config.',
  EMFILE: () => 'this process has no file descriptors left. Raise `ulimit -n`, or run fewer plugins.',
  ENFILE: () => 'the system has no file descriptors left.',
  EAGAIN: () => 'the system allows no more processes. Raise `ulimit -u`, or run fewer plugins.',
  ERR_INVALID_ARG_VALUE: () => 'the command, an argument or a variable has a NUL character. Remove it.',
};

/** What the file itself says; undefined where it looks as a program should. */
async function lookAt(what: ResolvedSubprocess): Promise<string | undefined> {
  const cwd = await stat(what.cwd).catch(() => undefined);
  if (cwd?.isDirectory() !== true)
    return `its working directory ${printable(what.cwd)} does not exist. Create it, or change cwd.`;
  if (!isAbsolute(what.command)) return undefined;
  const file = await stat(what.command).catch(() => undefined);
  if (file === undefined)
    return 'there is no such file. Check the path; build the plugin if it was not built.';
  if (file.isDirectory()) return 'it is a directory. Name the program inside it.';
  if (file.size === 0) return 'the file is empty. Build or copy the plugin again.';
  if (!(await isExecutable(what.command)))
    return 'the file is not executable. Run chmod +x on it, or name its interpreter as the command.';
  const head = await firstBytes(what.command);
  return wrongMachine(head) ?? missingInterpreter(head);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A script whose first line names a program that is not there is reported as missing itself. */
async function missingInterpreter(head: Buffer): Promise<string | undefined> {
  const path = /^#!\s*(\S+)/.exec(head.toString('latin1'))?.[1];
  if (path === undefined || (await isExecutable(path))) return undefined;
  return `its first line names the interpreter ${printable(path)}, which is not there. Install it, or change the line.`;
}

/** ELF's e_machine of the architectures Node runs on. */
const elfMachines: Record<string, number> = {
  x64: 62,
  ia32: 3,
  arm64: 183,
  arm: 40,
  ppc64: 21,
  s390x: 22,
  riscv64: 243,
};

function wrongMachine(head: Buffer): string | undefined {
  if (head.length < 20 || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  if (process.platform !== 'linux')
    return `it is a Linux program, and this is ${process.platform}. Build it for this system.`;
  const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
  if (machine === elfMachines[process.arch]) return undefined;
  return `it was built for another processor (ELF machine ${machine}; this is ${process.arch}). Build it for this one.`;
}

/** What is left of a process that ended. */
interface Ended {
  readonly pid: number;
  readonly log: { stderrTail(): string };
}

/** Why a program that was started did not become a plugin. */
export async function startFailure(
  exit: Exit,
  child: Ended,
  what: ResolvedSubprocess,
  plugin: string,
): Promise<PluginError> {
  const cure = (await lookAt(what)) ?? exitCures[exit.exitCode ?? -1] ?? 'Run it by hand to see why.';
  return new PluginError('REGISTRY_1908', {
    plugin,
    message: `the process ${exitWords(exit)} before it was ready.${child.log.stderrTail()} ${cure}`,
    context: { ...exit, pid: child.pid },
  });
}

const exitCures: Record<number, string> = {
  0: 'A plugin stays until its host ends it: does it call serve()?',
  126: 'The file cannot be executed: check its format and mode.',
  127: 'A program was not found: check its interpreter line and its format.',
};
