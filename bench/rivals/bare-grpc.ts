import { createRequire } from 'node:module';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** A method of the bare library: JSON in, JSON out. */
export const bareEcho: MethodDefinition<unknown, unknown> = {
  path: '/bench.Echo/Echo',
  requestStream: false,
  responseStream: false,
  requestSerialize: toJson,
  requestDeserialize: fromJson,
  responseSerialize: toJson,
  responseDeserialize: fromJson,
};

interface Payload {
  readonly json: Buffer;
}

const proto = createRequire(import.meta.url).resolve('plugboard/plugboard.proto');
const execute = (
  loadSync(proto)['plugboard.v1.Plugin'] as unknown as {
    readonly Execute: MethodDefinition<{ hook: string; request: Payload }, { response: Payload }>;
  }
).Execute;

/** The method that plugboard calls, as its users write it with the library: JSON inside the messages of plugboard.proto. */
export const bareExecute: MethodDefinition<unknown, unknown> = {
  path: execute.path,
  requestStream: false,
  responseStream: false,
  requestSerialize: (value) =>
    execute.requestSerialize({ hook: 'execute', request: { json: toJson(value) } }),
  requestDeserialize: (bytes) => fromJson(execute.requestDeserialize(bytes).request.json),
  responseSerialize: (value) => execute.responseSerialize({ response: { json: toJson(value) } }),
  responseDeserialize: (bytes) => fromJson(execute.responseDeserialize(bytes).response.json),
};

function toJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function fromJson(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString());
}
