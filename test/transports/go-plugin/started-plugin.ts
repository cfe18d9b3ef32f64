import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { isAlive } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { lineOf, nodePlugin, type Line } from './go-hosts.ts';

/** A plugin that the test itself has started, as a host of go-plugin would. */
export interface StartedPlugin extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The first line on its stdout, without the line feed; empty if it ended without one. */
  readonly line: string;
  /** Everything it says on stderr, when it has ended. */
  readonly stderr: Promise<string>;
  /** Everything it says on stdout, when it has ended. */
  readonly stdout: Promise<string>;
  /** How it ended, when it has. */
  readonly exit: Promise<number | null>;
}

/** What every host sets. */
export const hostEnvironment = { BASIC_PLUGIN: 'hello', PLUGIN_PROTOCOL_VERSIONS: '1' };

/** Starts a plugin of the fixtures, and waits for its handshake line or its end. */
export function startPlugin(
  env: Readonly<Record<string, string>> = {},
  name = 'go-kv.mjs',
): Promise<StartedPlugin> {
  return startProgram(nodePlugin(name), { ...hostEnvironment, ...env });
}

/** The same for any program. */
export async function startProgram(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<StartedPlugin> {
  // Whatever it leaves behind when it is killed is there.
  const folder = await tempFolder();
  const own = { PATH: process.env['PATH'] ?? '', TMPDIR: folder.path };
  const child = spawn(command, args, { env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  await once(child, 'spawn').catch(async (error: unknown) => {
    await folder[Symbol.asyncDispose]();
    throw error;
  });
  const exit = once(child, 'close').then(() => child.exitCode);
  const stdout = everything(child.stdout, exit);
  const stderr = everything(child.stderr, exit);
  const line = await Promise.race([firstLine(child), exit.then(() => '')]);
  return {
    child,
    pid: child.pid ?? 0,
    line,
    stdout,
    stderr,
    exit,
    async [Symbol.asyncDispose]() {
      await end(child, exit);
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function everything(stream: Readable, exit: Promise<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await exit;
  return Buffer.concat(chunks).toString();
}

function firstLine({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('\n')) resolve(said.slice(0, said.indexOf('\n')));
    });
  });
}

async function end(child: ChildProcess, exit: Promise<unknown>): Promise<void> {
  if (child.pid !== undefined && isAlive(child.pid)) child.kill('SIGKILL');
  await exit;
}

/** The records of a log. */
export function records(log: string): Line[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map(lineOf);
}
