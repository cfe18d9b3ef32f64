import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * A name for this process that no other has, now or later: computer and process space, number, time of its start.
 * Numbers are given out again, and two containers may share a folder.
 */
export function ownMark(): string {
  return [space(), process.pid, startOf(process.pid)].join('-');
}

/** Whether the process of a mark has ended; false also for one of another computer, of which nothing is known. */
export function hasEnded(mark: string): boolean {
  const [where, pid, start] = mark.split('-');
  if (where !== space() || pid === undefined || !/^\d+$/.test(pid)) return false;
  return !isAlive(Number(pid)) || startOf(Number(pid)) !== start;
}

function space(): string {
  const namespace = process.platform === 'linux' ? attempt(() => readlinkSync('/proc/self/ns/pid')) : '';
  return createHash('sha256').update(`${hostname()} ${namespace}`).digest('hex').slice(0, 12);
}

/** The start in ticks since the boot; `0` where the system does not tell. */
function startOf(pid: number): string {
  if (process.platform !== 'linux') return '0';
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function attempt(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
