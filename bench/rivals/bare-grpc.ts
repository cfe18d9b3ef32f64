import type { MethodDefinition } from '@grpc/grpc-js';

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

function toJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function fromJson(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString());
}
