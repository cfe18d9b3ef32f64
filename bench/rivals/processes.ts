import { fork, spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { overBytes } from './bytes.ts';
import { overLines, type Envelope } from './lines.ts';
import { type Rival, Waiting } from './rival.ts';

/**
 * The bare echo leads a group of its own, as every plugin does, so that only the wire is compared. `fork` is started as
 * its users start it: in its parent's session, which some kernels favour on a busy machine.
 */
const detached = process.platform !== 'win32';

/** Lines of JSON over the descriptor that a plugin's frames travel on too. */
export function bareLines(): Rival {
  const child = started(new URL('../programs/bare-lines.js', import.meta.url));
  const waiting = new Waiting<unknown>();
  const channel = overLines(channelOf(child), ({ id, body }) => waiting.answered(id, body));
  return {
    ask: (body) => waiting.ask((id) => channel.send({ id, body })),
    close: () => child.kill('SIGKILL'),
  };
}

/** Bytes with their length before them, over the same descriptor. */
export function bareBytes(): Rival<Uint8Array> {
  const child = started(new URL('../programs/bare-bytes.js', import.meta.url));
  const waiting = new Waiting<Uint8Array>();
  const channel = overBytes(channelOf(child), (id, bytes) => waiting.answered(id, bytes));
  return { ask: (bytes) => waiting.ask((id) => channel.send(id, bytes)), close: () => child.kill('SIGKILL') };
}

/** Node's own way to speak to a child, with the encoding that it uses unless told otherwise; `advanced` knows bytes. */
export function forkIpc(serialization: 'json' | 'advanced' = 'json'): Rival {
  const child = fork(new URL('../programs/fork.js', import.meta.url), { serialization });
  const waiting = new Waiting<unknown>();
  child.on('message', (message) => waiting.answered((message as Envelope).id, (message as Envelope).body));
  return { ask: (body) => waiting.ask((id) => child.send({ id, body })), close: () => child.kill('SIGKILL') };
}

function started(program: URL): ChildProcess {
  return spawn(process.execPath, [program.pathname], {
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
    detached,
  });
}

function channelOf(child: ChildProcess): Duplex {
  return child.stdio[3] as Duplex;
}
