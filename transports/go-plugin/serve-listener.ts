import { chmodSync, chownSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

import { messageOf, PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import type { ServeEnvironment } from './serve-environment.ts';

/** Where a plugin listens, as the handshake line and the broker say it. */
export interface Listener {
  readonly network: 'unix' | 'tcp';
  readonly address: string;
  /** Takes no new connection, and removes the socket. */
  close(): void;
}

type Connected = (socket: Socket) => void;

/** Sockets that exist, to be removed if the process ends without closing them. */
const sockets = new Set<string>();

/** Only its owner connects to a new socket. */
const ownerOnly = 0o177;

/** The longest path of a socket that every system of its kind takes. */
const maxPathBytes = process.platform === 'darwin' ? 103 : 107;

/**
 * Listens as a plugin of go-plugin does: on a socket of its own, or on the first free port of the host's range.
 * @throws {PluginError} `TRANSPORT_1302` that says why it cannot.
 */
export async function listen(
  network: 'unix' | 'tcp',
  environment: ServeEnvironment,
  connected: Connected,
): Promise<Listener> {
  const server = createServer(connected);
  if (network === 'tcp') return listenOnPort(server, environment);
  const path = join(environment.socketFolder || tmpdir(), `plugin${randomInt(1e9, 1e10)}`);
  await listenOnPath(server, path, environment.socketGroup);
  const close = (): void => {
    server.close();
    removeSocket(path);
  };
  return { network, address: path, close };
}

/** Removes what is left of sockets; for the end of the process. */
export function removeSockets(): void {
  for (const path of sockets) removeSocket(path);
}

function removeSocket(path: string): void {
  sockets.delete(path);
  try {
    rmSync(path, { force: true });
  } catch {
    // its folder belongs to the host, who removes it
  }
}

async function listenOnPath(server: Server, path: string, group: string): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes > maxPathBytes) {
    throw cannot(
      `${printable(path, 200)} has ${bytes} bytes, and the path of a socket ${maxPathBytes} at most. Set TMPDIR to a shorter folder.`,
    );
  }
  sockets.add(path);
  const listening = listeningAlone(server, path);
  await listening.catch((cause: unknown) => {
    throw cannot(`${printable(path, 200)}: ${messageOf(cause)}. Make its folder writable.`, cause);
  });
  if (group !== '') shareWithGroup(path, group);
}

/** The socket is made before `listen` returns, so nobody else's file gets this mask, which a thread may not set. */
async function listeningAlone(server: Server, path: string): Promise<void> {
  if (isMainThread) {
    const before = process.umask(ownerOnly);
    const listening = listeningOn(server, { path });
    process.umask(before);
    return listening;
  }
  const listening = listeningOn(server, { path });
  if (existsSync(path)) chmodSync(path, 0o600);
  return listening;
}

function shareWithGroup(path: string, group: string): void {
  try {
    chownSync(path, -1, groupId(group));
    chmodSync(path, 0o660);
  } catch (cause) {
    removeSocket(path);
    const who = printable(group, 80);
    throw cannot(
      `the socket cannot be given to the group '${who}': ${messageOf(cause)}. Make the plugin's user a member of it.`,
      cause,
    );
  }
}

/** The number of a group that is named or numbered. */
function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${group}:`));
  if (line === undefined) throw new Error('/etc/group does not have it');
  return Number(line.split(':')[2]);
}

async function listenOnPort(server: Server, environment: ServeEnvironment): Promise<Listener> {
  const [first, last] = portRange(environment);
  if (!(await listenFrom(server, first, last)))
    throw cannot(`no port from ${first} to ${last} is free. Give the host a larger range.`);
  return { network: 'tcp', address: addressOf(server), close: () => void server.close() };
}

/** Takes the first port that is free, if there is one. */
async function listenFrom(server: Server, port: number, last: number): Promise<boolean> {
  try {
    await listeningOn(server, { host: '127.0.0.1', port });
    return true;
  } catch {
    return port < last && listenFrom(server, port + 1, last);
  }
}

function portRange({ minPort, maxPort }: ServeEnvironment): [number, number] {
  const [first, last] = [minPort, maxPort].map((text) => Number(text === '' ? 0 : text));
  if (isPort(first) && isPort(last) && first <= last) return [first, last];
  const range = printable(`${minPort} to ${maxPort}`, 80);
  throw cannot(
    `PLUGIN_MIN_PORT and PLUGIN_MAX_PORT say '${range}', which is no range of ports. Correct the host.`,
  );
}

function isPort(value: number | undefined): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 65_536;
}

function addressOf(server: Server): string {
  const address = server.address();
  return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '';
}

function listeningOn(
  server: Server,
  where: { path: string } | { host: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      server.on('error', () => {}); // a connection that could not be taken is the host's to notice
      resolve();
    });
  });
}

function cannot(why: string, cause?: unknown): PluginError {
  return new PluginError('TRANSPORT_1302', {
    message: `the plugin cannot listen: ${why}`,
    cause,
    retryable: false,
  });
}
