import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';

import { messageOf } from '../../src/core/errors.ts';
import type { Logger } from '../../src/core/logger.ts';
import { reaperScript, startMark } from './reaper-script.ts';

/*
 * A host that is killed cannot end its plugins, and a plugin that spins does not see that its channel has ended. So
 * one small shell waits beside the host for the end of a pipe, which comes however the host ends. It lives as long as
 * there are children, and nothing is sent to it but their starts and ends. It hears of a start before it happens: a
 * host may be killed in the moment between the first breath of a child and the line that tells of it.
 */

/** The process groups to be ended with this process. */
const groups = new Set<number>();

/** The marks of those that are being started. */
const starts = new Set<string>();

interface Reaper {
  readonly shell: ChildProcess;
  readonly gone: Promise<unknown>;
}

let reaper: Reaper | undefined;
let hasComplained = false;

/** A process that is about to be started. */
export interface Birth {
  /** What must stand in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** It runs, and is ended with this process from now on. */
  started(group: number): void;
  /** It could not be started. Resolves when nothing waits for nobody. */
  failed(): Promise<void>;
}

/** From now on, and before it is known, a process that is started with this mark is ended with this process. */
export function birth(logger: Logger): Birth {
  if (process.platform === 'win32') return { env: {}, started() {}, async failed() {} }; // it has no process groups
  const mark = randomUUID();
  starts.add(mark);
  if (reaper === undefined) reaper = start(logger);
  else tell(reaper, `?${mark}`);
  return {
    env: { [startMark]: mark },
    started(group) {
      groups.add(group);
      starts.delete(mark);
      if (reaper === undefined) reaper = start(logger);
      else tell(reaper, `+${group}`, `!${mark}`);
    },
    failed: () => over(starts.delete(mark), `!${mark}`),
  };
}

/** A group has ended, and its number may become another's. Resolves when nothing waits for nobody. */
export function endedBeforeHost(group: number): Promise<void> {
  return over(groups.delete(group), `-${group}`);
}

async function over(wasKnown: boolean, line: string): Promise<void> {
  if (!wasKnown || reaper === undefined) return;
  if (groups.size + starts.size > 0) return tell(reaper, line);
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
    tell(started, ...[...groups].map((group) => `+${group}`), ...[...starts].map((mark) => `?${mark}`));
    return started;
  } catch (error) {
    complain(logger, messageOf(error));
    return undefined;
  }
}

/** Resolves when the shell has ended or could not be started. The next child gets another one. */
function ending(shell: ChildProcess, logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const gone = (why: string): void => {
      shell.stdin?.destroy();
      if (reaper?.shell === shell) {
        reaper = undefined;
        complain(logger, why);
      }
      resolve();
    };
    shell.once('error', (error) => gone(messageOf(error)));
    shell.once('exit', (exitCode, signal) => gone(`it ended with ${signal ?? exitCode}`));
  });
}

/** In one write, which is in the pipe when this returns. */
function tell({ shell }: Reaper, ...lines: readonly string[]): void {
  shell.stdin?.write(lines.map((line) => `${line}\n`).join(''));
}

function complain(logger: Logger, why: string): void {
  if (hasComplained) return;
  hasComplained = true;
  logger.warn(
    `no shell waits to end the plugins should this process be killed: ${why}. Those that spin would live on. Put sh on PATH; the next plugin that starts looks for it again.`,
  );
}
