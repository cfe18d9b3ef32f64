import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Another process that writes a log. */
export interface Writer extends AsyncDisposable {
  readonly pid: number;
  /** What it said next: `open`, `written`, `closed`, or `SECURITY_1806 …`. */
  said(): Promise<string>;
  /** Lets it append one durable record, and says how that went. */
  append(text: string): Promise<string>;
  /** Lets it close the log, and says how that went. */
  close(): Promise<string>;
  /** Ends it at once. */
  kill(): Promise<void>;
}

const program = fileURLToPath(new URL('programs/writer.mjs', import.meta.url));

/** Starts one; `through` is a command line that ends by running it. */
export function writer(args: readonly string[], through: readonly string[] = []): Writer {
  const [command = '', ...rest] = [...through, process.execPath, program, ...args];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the writer ended without a word');
    return JSON.parse(line.value) as string;
  };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    pid: child.pid ?? 0,
    said,
    append(text) {
      child.stdin.write(`${text}\n`);
      return said();
    },
    close() {
      child.stdin.end();
      return said();
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
