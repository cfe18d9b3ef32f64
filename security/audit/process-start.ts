import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/**
 * When a process started, in words that mean something only beside others of the same system: a process that has
 * its number but started at another time is another. Undefined if there is no such process, or nobody can say.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return startOnLinux(pid);
  if (process.platform === 'win32') return undefined;
  return startByPs(pid);
}

async function startOnLinux(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // the name in parentheses may hold anything, so counted from behind it: state is field 3, start time 22
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}

function startByPs(pid: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], { env, timeout: 5000 }, (error, stdout) => {
      resolve(error === null && stdout.trim() !== '' ? stdout.trim() : undefined);
    });
  });
}

/** Whether a process runs that has this number and started then; `start` undefined: whenever. */
export async function runsSince(pid: number, start: string | undefined): Promise<boolean> {
  if (!exists(pid)) return false;
  const now = await processStart(pid);
  if (now === undefined) return process.platform !== 'linux'; // where nobody can say, the number has to do
  return start === undefined || now === start;
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
