import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { bareEcho } from './bare-grpc.ts';
import type { Rival } from './rival.ts';

/** Where the servers of the race listen. */
export interface GrpcServers {
  /** The library alone. */
  readonly bare: string;
  /** A plugin. */
  readonly endpoint: string;
  close(): void;
}

/** Starts a process with both servers. */
export async function grpcServers(): Promise<GrpcServers> {
  const child = fork(fileURLToPath(new URL('../programs/grpc-servers.js', import.meta.url)));
  const [said] = (await once(child, 'message')) as [Omit<GrpcServers, 'close'>];
  return { ...said, close: () => void child.kill() };
}

/** Unary calls of the library, with JSON inside and nothing around. */
export function bareUnary(endpoint: string): Rival {
  const client = new Client(endpoint, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
  });
  const { path, requestSerialize, responseDeserialize } = bareEcho;
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, answer) => {
          if (error === null) resolve(answer);
          else reject(error);
        });
      }),
    close: () => client.close(),
  };
}
