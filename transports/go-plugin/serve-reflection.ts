import type { MethodDefinition, Server, ServerDuplexStream } from '@grpc/grpc-js';

import {
  bytesOf,
  readFields,
  textOf,
  writeFields,
  type Field,
  type ReadFields,
} from '../grpc/proto-fields.ts';
import type { Descriptors } from './serve-descriptors.ts';

/** https://github.com/grpc/grpc/blob/master/doc/server-reflection.md, whose two versions have the same messages. */
const services = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];

const request = { fileByName: 3, fileBySymbol: 4, listServices: 7 } as const;
const response = { request: 2, files: 4, services: 6, error: 7 } as const;

/** gRPC's numbers of what is not there, and of what nobody here can answer. */
const notFound = 5;
const unimplemented = 12;

/** Lets hosts ask which services there are, and for their `.proto` files where they are given. */
export function addReflection(
  server: Server,
  names: readonly string[],
  descriptors: Descriptors | undefined,
): void {
  const all = [...names, ...services].toSorted();
  const serve = (call: ServerDuplexStream<Asked, Buffer>): void => {
    call.on('error', () => {});
    call.on('data', (asked: Asked) => call.write(answer(asked, all, descriptors)));
    call.on('end', () => call.end());
  };
  for (const service of services) server.addService({ info: method(service) }, { info: serve });
}

/** A question, and its bytes, which stand in the answer again. */
interface Asked {
  readonly bytes: Buffer;
  readonly fields: ReadFields;
}

const asIs = (bytes: Buffer): Buffer => bytes;

function method(service: string): MethodDefinition<Asked, Buffer> {
  return {
    path: `/${service}/ServerReflectionInfo`,
    requestStream: true,
    responseStream: true,
    requestSerialize: ({ bytes }) => bytes,
    requestDeserialize: (bytes) => ({ bytes, fields: readFields(bytes) }),
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

function answer(
  { bytes, fields }: Asked,
  names: readonly string[],
  descriptors: Descriptors | undefined,
): Buffer {
  return writeFields([[response.request, bytes], answerField(fields, names, descriptors)]);
}

function answerField(
  fields: ReadFields,
  names: readonly string[],
  descriptors: Descriptors | undefined,
): Field {
  const has = (number: number): boolean => bytesOf(fields, number) !== undefined;
  if (has(request.listServices)) return [response.services, writeFields(names.map(serviceField))];
  const isByName = has(request.fileByName);
  if (!isByName && !has(request.fileBySymbol)) return failure(unimplemented, 'extensions are not told');
  const name = textOf(fields, isByName ? request.fileByName : request.fileBySymbol);
  const files = isByName ? descriptors?.byName(name) : descriptors?.bySymbol(name);
  if (files === undefined) return failure(notFound, 'the plugin was given no .proto of it');
  return [response.files, writeFields(files.map((file): Field => [1, file]))];
}

function serviceField(name: string): Field {
  return [1, writeFields([[1, name]])];
}

function failure(code: number, message: string): Field {
  return [
    response.error,
    writeFields([
      [1, code],
      [2, message],
    ]),
  ];
}
