import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** Longer names of sockets are cut by the system without a word. */
const maxPathBytes = 100;

/**
 * Takes a folder for this process alone. The lock is a listening socket in the folder: unlike a file with a process id
 * it is free as soon as its process is gone, however it went. The returned function gives the folder back.
 * @throws {Error} if another process has it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new Error(`the path ${path} is too long for a lock. Choose a folder nearer to the root.`);
  }
  const server = (await listen(path)) ?? (await takeOver(path));
  if (server === undefined)
    throw new Error(`another process uses ${folder}. End it, or choose another folder.`);
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** Undefined if the name is taken. */
async function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** A socket that nobody listens to is what a killed process has left. */
async function takeOver(path: string): Promise<Server | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return undefined;
  } catch {
    await rm(path, { force: true });
    return await listen(path);
  } finally {
    socket.destroy();
  }
}
