import { execFile, execFileSync } from 'node:child_process';

/** How swaks has ended: 0 all well, 21 at the greeting, 22 HELO, 23 MAIL, 24 no recipient, 25 DATA, 26 after it. */
export interface SwaksRun {
  readonly exitCode: number;
  /** The dialogue. */
  readonly output: string;
}

/** Whether swaks is there, with what it needs for TLS. */
export const hasSwaks: boolean = isThere();

function isThere(): boolean {
  try {
    return execFileSync('swaks', ['--support'], { encoding: 'utf8', stdio: 'pipe' }).includes(
      '=== TLS supported',
    );
  } catch {
    return false;
  }
}

/** Sends a mail from `ada@example.org` to `bob@example.net` as a stranger would. */
export function swaks(port: number, ...args: readonly string[]): Promise<SwaksRun> {
  const usual = ['--server', `127.0.0.1:${port}`, '--from', 'ada@example.org', '--to', 'bob@example.net'];
  return new Promise((resolve) => {
    execFile('swaks', [...usual, '--helo', 'client.example.org', ...args], (error, output) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, output });
    });
  });
}
