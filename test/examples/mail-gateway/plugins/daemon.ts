import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** The path of a program of Debian's, if it is installed: some lie where only root looks. */
export function findDaemon(name: string): string | undefined {
  return [name, `/usr/sbin/${name}`].find(
    (path) => spawnSync(path, ['--version'], { stdio: 'ignore' }).error === undefined,
  );
}

/** Starts a program that ends with the test, and waits until it answers. What it says is told if it does not. */
export async function startDaemon(
  command: string,
  args: readonly string[],
  answers: () => Promise<boolean>,
): Promise<AsyncDisposable> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (chunk: unknown): void => void (said = (said + String(chunk)).slice(-5000));
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const exited = once(child, 'exit');
  const daemon: AsyncDisposable = {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM'); // it ends those that it started
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
  const patience = AbortSignal.timeout(60_000);
  while (!(await answers().catch(() => false))) {
    if (child.exitCode === null && !patience.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    await daemon[Symbol.asyncDispose]();
    throw new Error(`${command} does not answer: ${said}`);
  }
  return daemon;
}
