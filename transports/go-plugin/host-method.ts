import type { RequestOf, ResponseOf, Undeclared } from '../../src/core/contract.ts';
import type { GoBroker, GoServices } from './serve-types.ts';

/** What a method may use besides to write its request and to read its answer. */
export interface GoPluginCall {
  /** Serves the plugin something while the call runs; gives the id to send it. */
  lend(services: GoServices): Promise<number>;
  /** Connections that may outlast the call: go-plugin's `GRPCBroker`. */
  readonly broker: GoBroker;
}

/**
 * One method of a plugin's own `.proto`, with what writes its request and reads its answer: `toBinary` and `fromBinary`
 * of protobuf-es, or any other pair. What streams is a list: with `stream: 'client'` or `'both'` `encode` gives the
 * messages of a request; with `'server'` or `'both'` `decode` reads each message of the answer, which the caller gets as
 * progress, and at the end as a list.
 */
export type CodedMethod<Req = never, Resp = unknown> = Named &
  (
    | ({ readonly stream?: undefined } & Writes<Req> & Reads<Resp>)
    | ({ readonly stream: 'server' } & Writes<Req> & Reads<ItemOf<Resp>>)
    | ({ readonly stream: 'client' } & WritesMany<Req> & Reads<Resp>)
    | ({ readonly stream: 'both' } & WritesMany<Req> & Reads<ItemOf<Resp>>)
  );

/**
 * A method whose messages the plugin describes itself, by server reflection: they are plain objects with names in
 * camelCase, 64-bit numbers and names of enums as text, and bytes as bytes. It needs the package `@grpc/proto-loader`.
 */
export interface ReflectedMethod extends Named {
  readonly stream?: undefined;
  readonly encode?: undefined;
  readonly decode?: undefined;
}

/** A method that answers a hook. */
export type GoPluginMethod<Req = never, Resp = unknown> = CodedMethod<Req, Resp> | ReflectedMethod;

interface Named {
  /** Its full name: `/proto.KV/Get`. */
  readonly method: string;
}

interface Writes<Req> {
  readonly encode: (request: Req, call: GoPluginCall) => Uint8Array | Promise<Uint8Array>;
}

interface WritesMany<Req> {
  readonly encode: (request: Req, call: GoPluginCall) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

interface Reads<Resp> {
  readonly decode: (response: Uint8Array, call: GoPluginCall) => Resp | Promise<Resp>;
}

type ItemOf<List> = List extends readonly (infer Item)[] ? Item : unknown extends List ? unknown : never;

/** Which method answers which hook. */
export type GoPluginServices<H = Undeclared> = H extends Undeclared
  ? Readonly<Record<string, GoPluginMethod>>
  : { readonly [K in keyof H]?: GoPluginMethod<RequestOf<H[K]>, ResponseOf<H[K]>> };

/** Any services, when nobody looks at their types any more. */
export type AnyGoServices = Readonly<Record<string, GoPluginMethod | undefined>>;

/** The same when the messages of all are known. */
export type CodedServices = Readonly<Record<string, CodedMethod | undefined>>;
