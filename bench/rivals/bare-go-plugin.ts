import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { Rival } from './rival.ts';

/** A method of the plugin: what writes its request and reads its answer. */
export interface EchoMethod {
  readonly method: string;
  readonly encode: (bytes: Uint8Array) => Uint8Array;
  readonly decode: (message: Uint8Array) => Uint8Array;
}

/** The plugin asked by the library alone, without TLS: what a host in Node costs before it does anything for the call. */
export async function bareGoPlugin(
  program: string,
  { method, encode, decode }: EchoMethod,
): Promise<Rival<Uint8Array>> {
  const env = { ...process.env, ECHO_PLUGIN: 'echo', PLUGIN_PROTOCOL_VERSIONS: '1' };
  const child = spawn(program, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const socket = line.split('|')[3] ?? '';
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
  });
  const write = (bytes: Uint8Array): Buffer => Buffer.from(encode(bytes));
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(method, write, decode, request, new Metadata(), {}, (error, answer) => {
          if (error === null && answer !== undefined) resolve(answer);
          else reject(error ?? new Error('no answer'));
        });
      }),
    close: () => {
      client.close();
      child.kill();
      rmSync(socket, { force: true }); // a plugin in Go that is killed leaves it behind
    },
  };
}
