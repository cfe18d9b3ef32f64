import type { RequestOf, ResponseOf, Undeclared } from '../../../src/core/contract.ts';

/**
 * One method of a plugin's own `.proto`, with what writes its request and reads its answer: `toBinary` and `fromBinary`
 * of protobuf-es, or any other pair. What streams is a list: with `stream: 'client'` or `'both'` `encode` gives the
 * messages of a request; with `'server'` or `'both'` `decode` reads each message of the answer, which the caller gets as
 * progress, and at the end as a list. `Call` is what a transport gives both functions besides.
 */
export type CodedMethod<Req = never, Resp = unknown, Call = never> = Named &
  (
    | ({ readonly stream?: undefined } & Writes<Req, Call> & Reads<Resp, Call>)
    | ({ readonly stream: 'server' } & Writes<Req, Call> & Reads<ItemOf<Resp>, Call>)
    | ({ readonly stream: 'client' } & WritesMany<Req, Call> & Reads<Resp, Call>)
    | ({ readonly stream: 'both' } & WritesMany<Req, Call> & Reads<ItemOf<Resp>, Call>)
  );

/**
 * A method whose messages the server describes itself, by server reflection: they are plain objects with names in
 * camelCase, 64-bit numbers and names of enums as text, and bytes as bytes. It needs the package `@grpc/proto-loader`.
 */
export interface ReflectedMethod extends Named {
  readonly stream?: undefined;
  readonly encode?: undefined;
  readonly decode?: undefined;
}

/** A method that answers a hook. */
export type GrpcMethod<Req = never, Resp = unknown, Call = undefined> =
  | CodedMethod<Req, Resp, Call>
  | ReflectedMethod;

interface Named {
  /** Its full name: `/proto.KV/Get`. */
  readonly method: string;
}

interface Writes<Req, Call> {
  readonly encode: (request: Req, call: Call) => Uint8Array | Promise<Uint8Array>;
}

interface WritesMany<Req, Call> {
  readonly encode: (request: Req, call: Call) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

interface Reads<Resp, Call> {
  readonly decode: (response: Uint8Array, call: Call) => Resp | Promise<Resp>;
}

type ItemOf<List> = List extends readonly (infer Item)[] ? Item : unknown extends List ? unknown : never;

/** Which method answers which hook. */
export type GrpcServices<H = Undeclared, Call = undefined> = H extends Undeclared
  ? Readonly<Record<string, GrpcMethod<never, unknown, Call>>>
  : { readonly [K in keyof H]?: GrpcMethod<RequestOf<H[K]>, ResponseOf<H[K]>, Call> };

/** Any services, when nobody looks at their types any more. */
export type AnyServices<Call> = Readonly<Record<string, GrpcMethod<never, unknown, Call> | undefined>>;

/** The same when the messages of all are known. */
export type CodedServices<Call> = Readonly<Record<string, CodedMethod<never, unknown, Call> | undefined>>;
