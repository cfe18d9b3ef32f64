import type { RequestOf, ResponseOf, Undeclared } from '../../src/core/contract.ts';

/**
 * One unary method of a plugin's own `.proto`, with what writes its request and reads its answer: `toBinary` and
 * `fromBinary` of protobuf-es, or any other pair.
 */
export interface GoPluginMethod<Req = never, Resp = unknown> {
  /** Its full name: `/proto.KV/Get`. */
  readonly method: string;
  readonly encode: (request: Req) => Uint8Array | Promise<Uint8Array>;
  readonly decode: (response: Uint8Array) => Resp | Promise<Resp>;
}

/** Which method answers which hook. */
export type GoPluginServices<H = Undeclared> = H extends Undeclared
  ? Readonly<Record<string, GoPluginMethod>>
  : { readonly [K in keyof H]?: GoPluginMethod<RequestOf<H[K]>, ResponseOf<H[K]>> };

/** Any services, when nobody looks at their types any more. */
export type AnyGoServices = Readonly<Record<string, GoPluginMethod | undefined>>;
