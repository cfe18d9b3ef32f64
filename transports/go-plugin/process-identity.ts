import { readFileSync, readlinkSync } from 'node:fs';

/** A process, told apart from a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in the system's own unit; undefined where it does not tell. */
  readonly start: string | undefined;
}

/** Who has this number now. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, start: startOf(pid) };
}

/** Whether the very process runs. One that this process may not signal runs too. */
export function isRunning({ pid, start }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return startOf(pid) === start;
}

function startOf(pid: number): string | undefined {
  const stat = readIfThere(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

/** Where numbers of processes mean the same: one container or machine, from one start of it to the next. */
export function processSpace(): string {
  const boot = readIfThere(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'));
  const namespace = readIfThere(() => readlinkSync('/proc/self/ns/pid'));
  return `${boot?.trim() ?? ''} ${namespace ?? ''}`;
}

function readIfThere(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
