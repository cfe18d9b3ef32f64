import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What stands between a host and its server, and sees their connections. */
export interface Relay extends AsyncDisposable {
  /** What a host connects to. */
  readonly endpoint: string;
  /** Connections that are open now. */
  readonly open: number;
  /** All that there were. */
  readonly made: number;
  /** The most that were open at once. */
  readonly most: number;
  /** Bytes that hosts sent. */
  readonly bytes: number;
  /** Resolves when so many are open. */
  until(open: number): Promise<void>;
  /** Takes no further connection. */
  refuse(): void;
}

/** Passes on what arrives to a port of this computer. */
export async function relay(port: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  let [made, most, bytes] = [0, 0, 0];
  const look = (): void => {
    most = Math.max(most, sockets.size);
    for (const check of waiting) check();
  };
  const server = createServer((host) => {
    const onwards = connect(port, '127.0.0.1');
    sockets.add(host);
    made++;
    look();
    host.on('data', (chunk) => (bytes += chunk.length));
    host.pipe(onwards).pipe(host);
    for (const end of [host, onwards]) {
      end.on('error', () => {});
      end.once('close', () => {
        host.destroy();
        onwards.destroy();
        sockets.delete(host);
        look();
      });
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get open() {
      return sockets.size;
    },
    get made() {
      return made;
    },
    get most() {
      return most;
    },
    get bytes() {
      return bytes;
    },
    until: (open) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (sockets.size !== open) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    refuse: () => void server.close(),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
