import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const names = process.platform === 'win32' ? ['python', 'python3'] : ['python3', 'python'];
const isRecent = 'import sys; sys.exit(sys.version_info < (3, 8))';

/** The command that starts Python 3.8 or newer; `undefined` if there is none on the PATH. */
export async function findPython(): Promise<string | undefined> {
  for (const name of names) if (await starts(name)) return name;
  return undefined;
}

async function starts(name: string): Promise<boolean> {
  try {
    await promisify(execFile)(name, ['-c', isRecent], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}
