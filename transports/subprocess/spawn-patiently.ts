import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

import type { Clock } from '../../src/core/clock.ts';

/** A program that was just written may be held open for a moment by a process that is being started elsewhere. */
const busyWaitMs = 20;
const maxTries = 10;

/** A process, and whether the system could start it: its errors may be thrown, or arrive as an event. */
export interface Spawned {
  readonly process: ChildProcess;
  /** Resolves when it runs. */
  readonly isRunning: Promise<void>;
}

/** `spawn`, which waits a little while the system calls the program's file busy (`ETXTBSY`). */
export async function spawnPatiently(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  clock: Clock,
): Promise<Spawned> {
  for (let tries = 1; ; tries++) {
    try {
      const process = spawn(command, args, options);
      return { process, isRunning: started(process) };
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === 'ETXTBSY';
      if (!isBusy || tries === maxTries) throw error;
    }
    await new Promise<void>((resolve) => void clock.startTimer(busyWaitMs, resolve));
  }
}

/** Listens at once: the event comes before whoever awaits the process goes on. */
function started(process: ChildProcess): Promise<void> {
  const isRunning = new Promise<void>((resolve, reject) => {
    process.once('spawn', () => {
      process.on('error', () => {}); // a failed kill; the exit tells what matters
      resolve();
    });
    process.once('error', (error) => {
      for (const stream of process.stdio ?? []) stream?.destroy();
      reject(error);
    });
  });
  isRunning.catch(() => {}); // it is awaited a moment later
  return isRunning;
}
