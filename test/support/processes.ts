import { readdirSync, readFileSync } from 'node:fs';

/** How often is looked where no event tells; a process that is not our child ends without one. */
const lookEveryMs = 10;

/** Waits until something is so. The test's own time limit bounds it. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
}

/** The id of a process that must be there: a signal to 0 would go to the tests themselves and all beside them. */
export function pidOf(plugin: { readonly pid: number | undefined } | undefined): number {
  if (plugin?.pid === undefined) throw new Error('the plugin has no process now');
  return plugin.pid;
}

/** Whether a process runs; one that ended but that nobody has asked for its exit code does not. */
export function isAlive(pid: number): boolean {
  if (process.platform === 'linux') return !['', 'Z', 'X'].includes(stateOf(pid));
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The letter of `/proc/PID/stat`: `S` sleeps, `T` is stopped, `Z` has ended; empty if there is no such process. */
export function stateOf(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
}

/** The running children of this process; none where the system does not tell. */
export function ownChildren(): number[] {
  const threads = process.platform === 'linux' ? readdirSync('/proc/self/task') : [];
  return threads
    .flatMap((thread) => readIfThere(`/proc/self/task/${thread}/children`).split(' '))
    .filter((pid) => pid !== '')
    .map(Number)
    .filter(isAlive);
}

/** Those of them that are plugins: not the shell that would end them after this process. */
export function ownPlugins(): number[] {
  return ownChildren().filter((pid) => !readIfThere(`/proc/${pid}/cmdline`).includes('plugboard-reaper'));
}

/** What a process was started with, first its program; nothing if there is none. */
export function argumentsOf(pid: number): string[] {
  return readIfThere(`/proc/${pid}/cmdline`).split('\0');
}

/** For the end of each test: fails it if a child is left, and ends the child. */
export function expectNoChildren(): void {
  const left = ownChildren();
  const names = left.map(
    (pid) => `${pid} (${readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()})`,
  );
  for (const pid of left) process.kill(pid, 'SIGKILL');
  if (left.length > 0) throw new Error(`the test left running: ${names.join(', ')}`);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
