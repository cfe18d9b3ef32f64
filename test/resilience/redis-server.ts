import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../support/free-port.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Whether a Redis server can be started here. */
export const hasRedis: boolean =
  spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).error === undefined;

/** A Redis server of the test's own, which keeps nothing on disk. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** Sends its process a signal: SIGKILL ends it, SIGSTOP makes it hang, SIGCONT lets it go on. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
}

/** Starts a Redis server on a free port: `await using redis = await redisServer()`. */
export async function redisServer(): Promise<RedisServer> {
  const folder = await tempFolder();
  const port = await freePort();
  let server = await started(port, folder.path);
  return {
    port,
    async signal(signal) {
      const ended = once(server, 'exit');
      server.kill(signal);
      if (signal === 'SIGKILL') await ended;
    },
    async restart() {
      server = await started(port, folder.path);
    },
    async [Symbol.asyncDispose]() {
      const ended = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined;
      server.kill('SIGKILL');
      await ended;
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function started(port: number, folder: string): Promise<ChildProcess> {
  const settings = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const server = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const chunk of server.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (!said.includes('Ready to accept connections')) continue;
    server.stdout.resume();
    return server;
  }
  throw new Error(`redis-server ended before it was ready: ${said}`);
}
