import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { identityOf, isRunning } from './process-identity.ts';

/** A host that is farther away than this is not looked for. */
const maxGenerations = 8;

/**
 * Tells whether the host that started this process is gone. Mostly that is the parent. A shell between the two outlives
 * the host; then it is the ancestor that reads this process's stdout, which only Linux tells.
 */
export function hostWatch(): () => boolean {
  const parent = process.ppid;
  const reader = process.platform === 'linux' ? readerOfStdout(parent) : undefined;
  const host = reader === undefined ? undefined : identityOf(reader); // a number alone may be given again
  return () => process.ppid !== parent || (host !== undefined && !isRunning(host));
}

function readerOfStdout(parent: number): number | undefined {
  try {
    const pipe = readlinkSync('/proc/self/fd/1');
    return findReader(pipe, parent, maxGenerations);
  } catch {
    return undefined; // another user's process does not let itself be looked at
  }
}

function findReader(pipe: string, pid: number, generations: number): number | undefined {
  if (pid <= 1 || generations === 0) return undefined;
  return reads(pid, pipe) ? pid : findReader(pipe, parentOf(pid), generations - 1);
}

/** Whether a process has the end of a pipe that is read; those between have the other one. */
function reads(pid: number, pipe: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some(
    (fd) => linkAt(`${folder}/${fd}`) === pipe && (lstatSync(`${folder}/${fd}`).mode & 0o400) !== 0,
  );
}

/** A descriptor may be closed meanwhile. */
function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // a name may hold anything
  return Number(parent);
}
