import { checkObject } from '../../src/core/check-given.ts';
import type { GoCall, GoMethod } from './serve-types.ts';

/** How the messages of a method are read and written; protobuf-es: `fromBinary` and `toBinary`. */
interface Messages<Req, Resp> {
  readonly decode: (bytes: Uint8Array) => Req;
  readonly encode: (answer: Resp) => Uint8Array;
}

/** One question, one answer. */
interface UnarySpec<Req, Resp> extends Messages<Req, Resp> {
  readonly stream?: undefined;
  readonly answer: (request: Req, call: GoCall) => Resp | Promise<Resp>;
}

/** One question, a stream of answers. */
interface ServerStreamSpec<Req, Resp> extends Messages<Req, Resp> {
  readonly stream: 'server';
  readonly answer: (request: Req, call: GoCall) => AsyncIterable<Resp>;
}

/** A stream of questions, one answer. */
interface ClientStreamSpec<Req, Resp> extends Messages<Req, Resp> {
  readonly stream: 'client';
  readonly answer: (requests: AsyncIterable<Req>, call: GoCall) => Resp | Promise<Resp>;
}

/** Streams of both, each at its own pace. */
interface BothStreamsSpec<Req, Resp> extends Messages<Req, Resp> {
  readonly stream: 'both';
  readonly answer: (requests: AsyncIterable<Req>, call: GoCall) => AsyncIterable<Resp>;
}

/**
 * A method of a service: `goMethod({ decode, encode, answer: (request, call) => … })`. With `stream: 'server'` the
 * answer is an async generator, with `'client'` the request is an async iterable, with `'both'` both are. An error that
 * is thrown reaches the host as `UNKNOWN` with its message, and with a numeric `code` of gRPC (5 for `NOT_FOUND`) as that.
 */
export function goMethod<Req, Resp>(
  spec:
    | UnarySpec<Req, Resp>
    | ServerStreamSpec<Req, Resp>
    | ClientStreamSpec<Req, Resp>
    | BothStreamsSpec<Req, Resp>,
): GoMethod {
  checkObject(spec, 'what goMethod() is given', 'Give { decode, encode, answer }. See docs/go-plugin.md.');
  const { encode } = spec;
  const decode = (bytes: Uint8Array): Req => decoded(spec.decode, bytes);
  switch (spec.stream) {
    case 'server':
      return { stream: 'server', answer: (bytes, call) => each(spec.answer(decode(bytes), call), encode) };
    case 'client':
      return {
        stream: 'client',
        answer: async (pieces, call) => encode(await spec.answer(each(pieces, decode), call)),
      };
    case 'both':
      return {
        stream: 'both',
        answer: (pieces, call) => each(spec.answer(each(pieces, decode), call), encode),
      };
    default:
      return {
        stream: 'none',
        answer: async (bytes, call) => encode(await spec.answer(decode(bytes), call)),
      };
  }
}

/** What Go says of a message it cannot read. */
const internal = 13;

function decoded<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T {
  try {
    return decode(bytes);
  } catch (cause) {
    throw Object.assign(new Error('the request cannot be decoded', { cause }), { code: internal });
  }
}

async function* each<From, To>(items: AsyncIterable<From>, change: (item: From) => To): AsyncIterable<To> {
  for await (const item of items) yield change(item);
}
