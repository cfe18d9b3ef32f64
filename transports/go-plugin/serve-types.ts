import type { Logger } from '../../src/core/logger.ts';

/** What a method knows about the call it answers. */
export interface GoCall {
  /** Aborts when the host gave up or its time is over. */
  readonly signal: AbortSignal;
  /** What is left until the host stops waiting, in milliseconds; `Infinity` without a deadline. */
  readonly remainingMs: number;
  /** The host's gRPC metadata that is text, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Records that end in the host's log, with their level. */
  readonly log: Logger;
  /** Connections of their own in both directions: go-plugin's `GRPCBroker`. */
  readonly broker: GoBroker;
}

/** A method whose types are known only to whoever wrote it: bytes in, bytes out. */
export type GoMethod =
  | { readonly stream: 'none'; readonly answer: (request: Uint8Array, call: GoCall) => Promise<Uint8Array> }
  | { readonly stream: 'server'; readonly answer: (request: Uint8Array, call: GoCall) => Pieces }
  | { readonly stream: 'client'; readonly answer: (requests: Pieces, call: GoCall) => Promise<Uint8Array> }
  | { readonly stream: 'both'; readonly answer: (requests: Pieces, call: GoCall) => Pieces };

/** The messages of one direction. */
type Pieces = AsyncIterable<Uint8Array>;

/** Services of a `.proto` by their full name, each with its methods: `{ 'proto.KV': { Get: goMethod({ … }) } }`. */
export type GoServices = Readonly<Record<string, Readonly<Record<string, GoMethod>>>>;

/** Connections besides the main one: go-plugin's `GRPCBroker`. Ids travel inside the application's own messages. */
export interface GoBroker {
  /**
   * Serves the other end something on a connection of its own, until the plugin ends or it is closed. Send it the id
   * then, with which it dials: within 5 seconds, and once.
   */
  serve(services: GoServices): Promise<GoServed>;
  /**
   * Connects to what the other end serves under an id of its own.
   * @throws {PluginError} `PLUGIN_1205` where the other end says nothing about the id within 5 seconds.
   */
  dial(id: number): Promise<GoConnection>;
}

/** Something that is served through a broker. */
export interface GoServed extends Disposable {
  readonly id: number;
  close(): void;
}

/** A method of the other end. */
export interface GoMethodCall<Req, Resp> {
  /** `/proto.KV/Get`. */
  readonly method: string;
  readonly encode: (request: Req) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Resp;
}

/** What limits a call. */
export interface GoCallLimits {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** A connection to something that the other end serves. */
export interface GoConnection extends Disposable {
  /** @throws {PluginError} the other end's own error, or `PLUGIN_1204`, `PLUGIN_1205`, `PLUGIN_1206`. */
  call<Req, Resp>(method: GoMethodCall<Req, Resp>, request: Req, limits?: GoCallLimits): Promise<Resp>;
  close(): void;
}
