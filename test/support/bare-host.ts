import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { createInterface } from 'node:readline';

/** A message of the wire as it is. */
export type Frame = Readonly<Record<string, unknown>>;

/** The host's end of the wire with nothing around it, for what only a plugin's end does. */
export interface BareHost extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly send: (frame: Frame) => void;
  /** Puts bytes on the channel as they are. */
  readonly write: (bytes: string | Uint8Array) => void;
  /** The next answer of the plugin, without what it tells by itself; undefined when its channel has ended. */
  readonly next: () => Promise<Frame | undefined>;
  /** Half-closes the channel. */
  readonly hangUp: () => void;
  readonly stderr: () => string;
  readonly exited: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
}

const cookie = { PLUGBOARD_MAGIC_COOKIE: 'plugboard-v1-5f1d7a3c', PLUGBOARD_PROTOCOL_VERSIONS: '1' };

/** Starts a Node program as a host would, over `fd:3`; `env` replaces variables of the protocol. */
export function bareHost(file: string, env: Readonly<Record<string, string>> = {}): BareHost {
  const child = spawn(process.execPath, [file], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...cookie, PLUGBOARD_CHANNEL: 'fd:3', ...env },
  });
  const channel = child.stdio[3] as Duplex;
  channel.on('error', () => {});
  child.stdin?.on('error', () => {});
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exited = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const lines = createInterface({ input: channel })[Symbol.asyncIterator]();
  const write = (bytes: string | Uint8Array): void => void channel.write(bytes);
  return {
    process: child,
    write,
    send: (frame) => write(`${JSON.stringify({ jsonrpc: '2.0', ...frame })}\n`),
    async next() {
      for (;;) {
        const line = await lines.next();
        if (line.done === true) return undefined;
        const frame = JSON.parse(line.value) as Frame;
        if (!('method' in frame)) return frame;
      }
    },
    hangUp: () => void channel.end(),
    stderr: () => stderr,
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
