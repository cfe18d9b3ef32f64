import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How the command ended, and what it printed. */
export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The file that package.json's `bin` names. */
export const bin = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Runs `plugboard …` in a folder, as its user does. */
export function plugboard(cwd: string, ...args: string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
