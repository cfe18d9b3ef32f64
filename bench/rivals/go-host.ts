import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A host and a plugin in Go, built here. */
export interface GoPrograms {
  readonly host: string;
  readonly plugin: string;
}

/** Builds them; undefined where there is no Go. */
export async function goPrograms(): Promise<GoPrograms | undefined> {
  const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
  const folder = path('../../go-bench/');
  try {
    await promisify(execFile)('go', ['build', '-o', folder, './...'], {
      cwd: path('../../../bench/programs/go'),
    });
    return { host: `${folder}host`, plugin: `${folder}plugin` };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A host in Go that does as it is told, one thing after the other. */
export interface GoHost {
  tell(line: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts the host with its plugin. */
export async function goHost({ host, plugin }: GoPrograms): Promise<GoHost> {
  const child = spawn(host, [plugin], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    async tell(line) {
      child.stdin.write(`${line}\n`);
      const said = await lines.next();
      if (said.done === true) throw new Error('the host in Go ended');
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
