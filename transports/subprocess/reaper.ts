import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

import { messageOf } from '../../src/core/errors.ts';
import type { Logger } from '../../src/core/logger.ts';
import { reaperScript } from './reaper-script.ts';

/*
 * A host that is killed cannot end its plugins, and a plugin that spins does not see that its channel has ended. So
 * one small shell waits beside the host for the end of a pipe, which comes however the host ends. It lives as long as
 * there are children, and nothing is sent to it but their starts and ends.
 */

/** The process groups to be ended with this process. */
const groups = new Set<number>();

interface Reaper {
  readonly shell: ChildProcess;
  readonly gone: Promise<unknown>;
}

let reaper: Reaper | undefined;
let hasComplained = false;

/** From now on a process group is ended with this process, whatever ends this process. */
export function endWithHost(group: number, logger: Logger): void {
  if (process.platform === 'win32') return; // it has no process groups
  groups.add(group);
  if (reaper === undefined) reaper = start(logger);
  else tell(reaper, `+${group}`);
}

/** A group has ended, and its number may become another's. Resolves when nothing waits for nobody. */
export async function endedBeforeHost(group: number): Promise<void> {
  if (!groups.delete(group) || reaper === undefined) return;
  if (groups.size > 0) return tell(reaper, `-${group}`);
  const { shell, gone } = reaper;
  reaper = undefined;
  shell.ref(); // whoever waits for this may have nothing else left
  shell.kill('SIGKILL');
  await gone;
}

function start(logger: Logger): Reaper | undefined {
  try {
    const shell = spawn('sh', ['-c', reaperScript], {
      cwd: '/',
      env: { PATH: process.env['PATH'] },
      detached: true, // what ends the host's group must not end it
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const started = { shell, gone: ending(shell, logger) };
    shell.stdin?.on('error', () => {}); // its end tells
    shell.unref();
    (shell.stdin as Socket | null)?.unref();
    for (const group of groups) tell(started, `+${group}`);
    return started;
  } catch (error) {
    complain(logger, messageOf(error));
    return undefined;
  }
}

/** Resolves when the shell has ended or could not be started. The next child gets another one. */
function ending(shell: ChildProcess, logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const over = (why: string): void => {
      shell.stdin?.destroy();
      if (reaper?.shell === shell) {
        reaper = undefined;
        complain(logger, why);
      }
      resolve();
    };
    shell.once('error', (error) => over(messageOf(error)));
    shell.once('exit', (exitCode, signal) => over(`it ended with ${signal ?? exitCode}`));
  });
}

function tell({ shell }: Reaper, line: string): void {
  shell.stdin?.write(`${line}\n`);
}

function complain(logger: Logger, why: string): void {
  if (hasComplained) return;
  hasComplained = true;
  logger.warn(
    `no shell waits to end the plugins should this process be killed: ${why}. Those that spin would live on. Put sh on PATH; the next plugin that starts looks for it again.`,
  );
}
