import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

import type { Clock } from '../../src/core/clock.ts';

/** A program that was just written may be held open for a moment by a process that is being started elsewhere. */
const busyWaitMs = 20;
const maxTries = 10;

/** `spawn`, which waits a little while the system calls the program's file busy (`ETXTBSY`). */
export async function spawnPatiently(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  clock: Clock,
): Promise<ChildProcess> {
  for (let tries = 1; ; tries++) {
    try {
      return spawn(command, args, options);
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === 'ETXTBSY';
      if (!isBusy || tries === maxTries) throw error;
    }
    await new Promise<void>((resolve) => void clock.startTimer(busyWaitMs, resolve));
  }
}
