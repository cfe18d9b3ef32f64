import type { Metadata } from '@grpc/grpc-js';

import { PluginError } from '../../src/core/errors.ts';
import type { Incoming } from '../wire/messages.ts';
import { readJson } from './payload.ts';

/** What a host says beside each call of a server without a session, and the host's name for the plugin in any case. */
export const callHeaders = {
  /** Of go-plugins. */
  requestId: 'x-request-id',
  attempt: 'plugboard-attempt',
  plugin: 'plugboard-plugin',
  /** W3C Trace Context. */
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** A JSON object with the caller's `headers` and `metadata`. */
  context: 'plugboard-context-bin',
} as const;

/** Servers take 8 KiB of headers at least, and this is sent as base64. */
const maxContextBytes = 4096;

/**
 * Writes the context of a call into its metadata. Its `timeoutMs` is gRPC's deadline.
 * @throws {PluginError} `RPC_2005` for what JSON cannot hold, `RPC_2006` for more than headers can.
 */
export function writeContext(context: Incoming, to: Metadata): void {
  const { requestId, attempt, traceparent, tracestate, headers, metadata } = context;
  if (isAscii(requestId)) to.set(callHeaders.requestId, requestId);
  to.set(callHeaders.attempt, String(attempt));
  if (isAscii(traceparent)) to.set(callHeaders.traceparent, traceparent);
  if (isAscii(tracestate)) to.set(callHeaders.tracestate, tracestate);
  const isPlain = isAscii(requestId) && headers === undefined && metadata === undefined;
  if (!isPlain) to.set(callHeaders.context, contextBytes({ requestId, headers, metadata }));
}

function contextBytes(context: object): Buffer {
  const bytes = Buffer.from(json(context));
  if (bytes.length <= maxContextBytes) return bytes;
  const message = `headers and metadata of the call are ${bytes.length} bytes, and a gRPC call without a session carries ${maxContextBytes}. Send less, or put it into the request.`;
  throw new PluginError('RPC_2006', { message, context: { bytes: bytes.length, limit: maxContextBytes } });
}

function json(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    const message = 'the metadata of the call cannot be written as JSON. Send plain data.';
    throw new PluginError('RPC_2005', { message, cause });
  }
}

/** HTTP takes printable ASCII. */
function isAscii(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]+$/.test(value);
}

/** The context of a call as the frames have it. */
export function readContext(metadata: Metadata, timeoutMs: number): Incoming {
  const said = (name: string): string | undefined => metadata.get(name)[0]?.toString();
  const [bytes] = metadata.get(callHeaders.context);
  const more = Buffer.isBuffer(bytes) ? readJson(bytes) : undefined;
  return {
    requestId: said(callHeaders.requestId),
    attempt: Number(said(callHeaders.attempt) ?? 1),
    traceparent: said(callHeaders.traceparent),
    tracestate: said(callHeaders.tracestate),
    ...(Number.isFinite(timeoutMs) && { timeoutMs }),
    ...(typeof more === 'object' && more !== null ? more : {}),
  };
}
