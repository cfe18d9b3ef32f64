import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A whole host in a process of its own, for what a test cannot do to itself. */
export interface HostProgram extends AsyncDisposable {
  readonly process: ChildProcess;
  /** The next line it reports, as JSON. */
  reported<T>(): Promise<T>;
  /** Resolves with how it ended. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
  /** What it wrote on stderr so far. */
  readonly stderr: () => string;
}

/** Runs a program of test/fixtures/plugins/hosts; `through` is a command line that ends by running it. */
export function hostProgram(
  name: string,
  args: readonly string[] = [],
  through: readonly string[] = [],
): HostProgram {
  const file = fileURLToPath(new URL(`../fixtures/plugins/hosts/${name}`, import.meta.url));
  const [command = '', ...rest] = [...through, process.execPath, file, ...args];
  const host = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  let stderr = '';
  host.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    host.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  return {
    process: host,
    ended,
    stderr: () => stderr,
    async reported<T>() {
      const line = await lines.next();
      if (line.done === true) throw new Error(`the host program ended without a report: ${stderr}`);
      return JSON.parse(line.value) as T;
    },
    async [Symbol.asyncDispose]() {
      host.kill('SIGKILL');
      await ended;
    },
  };
}
