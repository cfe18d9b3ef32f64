import type { PluginError } from '../../src/core/errors.ts';

/** The version of the protocol in docs/protocol.md that both ends of this package speak. */
export const protocolVersion = 1;

/** Tells a program that a plugboard host started it; the value is fixed for ever. */
export const magicCookie = 'plugboard-v1-5f1d7a3c';

/**
 * 16 MiB: an order above what RPC systems allow by default (gRPC: 4 MiB), because mail messages are
 * plugin requests here, and still small beside the memory of a host with many plugins.
 */
export const defaultMaxFrameBytes: number = 16 * 1024 * 1024;

/** The environment variables a plugin is started with. */
export const env = {
  cookie: 'PLUGBOARD_MAGIC_COOKIE',
  versions: 'PLUGBOARD_PROTOCOL_VERSIONS',
  channel: 'PLUGBOARD_CHANNEL',
  pluginName: 'PLUGBOARD_PLUGIN_NAME',
} as const;

/** Numbers of JSON-RPC 2.0 section 5.1. */
export const rpcCodes = { methodNotFound: -32601, invalidParams: -32602, serverError: -32000 } as const;

/** A question, or without `id` a notification. */
export interface RequestMessage {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: unknown;
}

/** An answer. */
export interface ResultMessage {
  readonly id: number | string;
  readonly result: unknown;
}

/** A failed answer. */
export interface ErrorMessage {
  readonly id: number | string;
  readonly error: WireError;
}

/** A JSON-RPC error with what plugboard adds. */
export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data?: WireErrorData | undefined;
}

/** What `data` of an error may hold. */
export interface WireErrorData {
  readonly code?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly details?: unknown;
}

/** What an end sends. */
export type Message = RequestMessage | ResultMessage | ErrorMessage;

/** A message as it arrived: nothing about it is certain but that it is an object. */
export type Incoming = Readonly<Record<string, unknown>>;

/** Something on the wire that is not a message, or not one that was waited for. */
export interface Fault {
  readonly kind:
    | 'malformed'
    | 'invalid-utf8'
    | 'too-deep'
    | 'too-large'
    | 'unknown-id'
    | 'late-or-repeated'
    | 'unknown-message';
  /** The call it belongs to, where that could be told. */
  readonly id?: number | string | undefined;
  /** Whether it was a question of the other end, whose ids are its own, and not an answer. */
  readonly isQuestion?: boolean | undefined;
  /** Whether nothing that follows can be believed. */
  readonly isFatal?: boolean | undefined;
  /** The beginning of what arrived, safe to print. */
  readonly preview?: string | undefined;
  /** What came in place of the handshake's answer: so many bytes without an end of line, and how many may be. */
  readonly flood?: { readonly bytes: number; readonly maxBytes: number } | undefined;
}

/** Who receives what a wire brings. */
export interface WireReceiver {
  message(message: Incoming): void;
  fault(fault: Fault): void;
  /** A message that was queued could not be sent after all. */
  refused(message: Message, error: PluginError): void;
  /** The other end is gone; called once, last. */
  ended(error?: Error): void;
}

/** What two ends agree on in their handshake. */
export interface Terms {
  /** Whether the other end takes raw bytes beside the envelope. */
  readonly attachments: boolean;
  /** The host's limit, or the plugin's where that is lower; undefined leaves it as it is. */
  readonly maxFrameBytes?: number | undefined;
}

/** A way for messages between the two ends. */
export interface Wire {
  /** Begins to receive. */
  start(receiver: WireReceiver): void;
  /**
   * Queues a message; those of one turn of the event loop leave together.
   * @throws {PluginError} `RPC_2005` what cannot be encoded, `RPC_2006` too large, `PLUGIN_1212` the other end does not read.
   */
  send(message: Message): void;
  /** What the handshake settled. Wires that copy objects have nothing to settle. */
  settle(terms: Terms): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}
