import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

/** The program that a user starts. */
export const gatewayProgram: string = fileURLToPath(
  new URL('../../../../.build/examples/mail-gateway/main.js', import.meta.url),
);

/** A gateway in a process of its own, started as a user starts it. */
export class GatewayProcess {
  readonly child: ChildProcess;
  /** What it wrote so far. */
  output = '';
  readonly #exited: Promise<unknown>;

  constructor(file: string) {
    this.child = spawn(process.execPath, [gatewayProgram, file], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.child, 'exit');
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
  }

  /** Its port; undefined if it ended before it had one. */
  async port(): Promise<number | undefined> {
    for (;;) {
      const port = /listens on [\d.]+:(\d+)/.exec(this.output)?.[1];
      if (port !== undefined) return Number(port);
      if (this.child.exitCode !== null || this.child.signalCode !== null) return undefined;
      await Promise.race([once(this.child.stdout ?? this.child, 'data'), this.#exited]);
    }
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.child.kill(signal);
    await this.#exited;
  }
}

/** Writes a gateway's file into a folder, and says its path. */
export async function gatewayYaml(folder: string, gateway: object, plugins: object = {}): Promise<string> {
  const file = join(folder, 'gateway.yaml');
  const usual = {
    hostname: 'gw.example.org',
    folder: join(folder, 'data'),
    listen: { port: 0 },
    closeSeconds: 2,
  };
  await writeFile(file, stringify({ gateway: { ...usual, ...gateway }, ...plugins }));
  return file;
}
