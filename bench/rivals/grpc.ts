import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  Client,
  credentials,
  Metadata,
  type CallOptions,
  type ChannelOptions,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { bareEcho, bareExecute } from './bare-grpc.ts';
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
  return unaryCalls(endpoint, bareEcho, () => [new Metadata(), {}]);
}

/** Unary calls of the library that are on the wire what plugboard's are: the same message, metadata, deadline, window. */
export function sameUnary(endpoint: string, timeoutMs: number): Rival {
  let count = 0;
  const surroundings = (): [Metadata, CallOptions] => {
    const metadata = new Metadata();
    metadata.set('plugboard-plugin', 'echo');
    metadata.set('x-request-id', `req_bench_${(++count).toString(36)}`);
    metadata.set('plugboard-attempt', '1');
    return [metadata, { deadline: Date.now() + timeoutMs }];
  };
  return unaryCalls(endpoint, bareExecute, surroundings, { 'grpc-node.flow_control_window': 1024 * 1024 });
}

type Method = MethodDefinition<unknown, unknown>;

function unaryCalls(
  endpoint: string,
  method: Method,
  surroundings: () => [Metadata, CallOptions],
  more: ChannelOptions = {},
): Rival {
  const client = new Client(endpoint, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    ...more,
  });
  const { path, requestSerialize, responseDeserialize } = method;
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        const settle = (error: ServiceError | null, answer: unknown): void => {
          if (error === null) resolve(answer);
          else reject(error);
        };
        const [metadata, options] = surroundings();
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          metadata,
          options,
          settle,
        );
      }),
    close: () => client.close(),
  };
}
