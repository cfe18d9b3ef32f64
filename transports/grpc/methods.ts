import type { MethodDefinition } from '@grpc/grpc-js';

import type { PluginInfo } from '../../src/core/plugin.ts';
import type { Incoming } from '../wire/messages.ts';
import { readJson } from './payload.ts';
import {
  bytesOf,
  listOf,
  numberOf,
  readFields,
  textOf,
  writeFields,
  type Field,
  type ReadFields,
} from './proto-fields.ts';

/** A call as `Execute` has it, besides its metadata. */
export interface ExecuteRequest {
  readonly hook: string;
  /** Encoded already, or not yet decoded. */
  readonly request: Buffer;
}

/** Settings for a plugin. */
export interface ConfigureRequest {
  readonly config: unknown;
  /** Whether a host begins to use the plugin. */
  readonly start: boolean;
}

/** How a server is, in the words of grpc.health.v1. */
export const serving = { unknown: 0, serving: 1, notServing: 2 } as const;

/** A field or a message without a byte. */
export const nothing: Buffer = Buffer.alloc(0);

/** No message has anything in it. */
export const emptyCodec: Codec<object> = { write: () => nothing, read: () => ({}) };

/** A method with one question and one answer, or a stream of both. */
type Method<Req, Resp> = MethodDefinition<Req, Resp>;

const infoMethod: Method<object, Incoming> = unary('/plugboard.v1.Plugin/Info', emptyCodec, {
  write: writeWelcome,
  read: readWelcome,
});

const configure: Method<ConfigureRequest, object> = unary(
  '/plugboard.v1.Plugin/Configure',
  { write: writeConfigure, read: readConfigure },
  emptyCodec,
);

const execute: Method<ExecuteRequest, Buffer> = unary(
  '/plugboard.v1.Plugin/Execute',
  { write: writeExecute, read: readExecute },
  {
    write: (response) => writeFields([[1, response]]),
    read: (bytes) => bytesOf(readFields(bytes), 1) ?? nothing,
  },
);

const frames: Codec<Buffer> = {
  write: (data) => writeFields([[1, data]]),
  read: (message) => bytesOf(readFields(message), 1) ?? nothing,
};

const session: Method<Buffer, Buffer> = {
  ...unary('/plugboard.v1.Plugin/Session', frames, frames),
  requestStream: true,
  responseStream: true,
};

/** A question for health; the empty name stands for the whole server. */
export interface HealthRequest {
  readonly service: string;
}

// An object, because the library takes an empty text for no message.
const check: Method<HealthRequest, number> = unary(
  '/grpc.health.v1.Health/Check',
  {
    write: ({ service }) => writeFields([[1, service]]),
    read: (bytes) => ({ service: textOf(readFields(bytes), 1) }),
  },
  { write: (status) => writeFields([[1, status]]), read: (bytes) => numberOf(readFields(bytes), 1) },
);

/** The service of plugboard.proto; what each method does is said there. */
export const methods: {
  readonly info: Method<object, Incoming>;
  readonly configure: Method<ConfigureRequest, object>;
  readonly execute: Method<ExecuteRequest, Buffer>;
  readonly session: Method<Buffer, Buffer>;
} = { info: infoMethod, configure, execute, session };

/** The one method that a host needs of https://github.com/grpc/grpc/blob/master/doc/health-checking.md. */
export const healthMethods: { readonly check: Method<HealthRequest, number> } = { check };

/** Writes and reads one kind of message. */
export interface Codec<T> {
  readonly write: (value: T) => Buffer;
  readonly read: (bytes: Buffer) => T;
}

/** A method with one question and one answer. */
export function unary<Req, Resp>(
  path: string,
  request: Codec<Req>,
  response: Codec<Resp>,
): MethodDefinition<Req, Resp> {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: request.write,
    requestDeserialize: request.read,
    responseSerialize: response.write,
    responseDeserialize: response.read,
  };
}

function writeExecute({ hook, request }: ExecuteRequest): Buffer {
  return writeFields([
    [1, hook],
    [2, request],
  ]);
}

function readExecute(message: Buffer): ExecuteRequest {
  const fields = readFields(message);
  return { hook: textOf(fields, 1), request: bytesOf(fields, 2) ?? nothing };
}

function writeConfigure({ config, start }: ConfigureRequest): Buffer {
  const json: Field[] = config === undefined ? [] : [[1, JSON.stringify(config)]];
  return writeFields([...json, [2, start]]);
}

function readConfigure(message: Buffer): ConfigureRequest {
  const fields = readFields(message);
  return { config: jsonOf(fields, 1), start: numberOf(fields, 2) !== 0 };
}

function writeWelcome({ protocolVersion, info, hooks }: Incoming): Buffer {
  const { name, version, description, author, capabilities, metadata } = info as PluginInfo;
  const texts = (number: number, list: readonly string[]): Field[] => list.map((text) => [number, text]);
  return writeFields([
    [1, Number(protocolVersion)],
    [2, name],
    [3, version],
    [4, description ?? ''],
    [5, author ?? ''],
    ...texts(6, capabilities ?? []),
    ...texts(7, hooks as readonly string[]),
    [8, metadata === undefined ? '' : JSON.stringify(metadata)],
  ]);
}

/** What a plugin of the frames answers to `plugin.initialize`. */
function readWelcome(message: Buffer): Incoming {
  const fields = readFields(message);
  const texts = (number: number): string[] => listOf(fields, number).map(String);
  const info = {
    name: textOf(fields, 2),
    version: textOf(fields, 3),
    description: textOf(fields, 4) || undefined,
    author: textOf(fields, 5) || undefined,
    capabilities: texts(6),
    metadata: jsonOf(fields, 8),
  };
  return { protocolVersion: numberOf(fields, 1), info, hooks: texts(7) };
}

function jsonOf(fields: ReadFields, number: number): unknown {
  const json = bytesOf(fields, number);
  return json === undefined || json.length === 0 ? undefined : readJson(json);
}
