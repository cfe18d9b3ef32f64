import type { Metadata } from '@grpc/grpc-js';

import type { ErrorCode } from '../../src/core/error-codes.ts';
import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import type { WireError } from '../wire/messages.ts';
import { rpcCodes } from '../wire/messages.ts';

/** The trailers that say more of a plugin's own error than gRPC has words for. */
const trailers = {
  code: 'plugboard-code',
  retryable: 'plugboard-retryable',
  retryAfterMs: 'plugboard-retry-after-ms',
} as const;

/** Trailers must fit into the few KiB that HTTP/2 allows for headers, percent-encoded. */
const maxMessageLength = 1000;

/** gRPC's numbers: https://grpc.github.io/grpc/core/md_doc_statuscodes.html. */
export const codes = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** A status without its trailers. */
export interface Status {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata | undefined;
}

/** The status in words: `UNAVAILABLE: connection refused`. */
function statusWords({ code, details }: Status): string {
  return `${names[code] ?? code}${details === '' ? '' : `: ${printable(details, 500)}`}`;
}

/** A plugin's error as a status with trailers. Method-not-found is UNIMPLEMENTED. */
export function toStatus(
  error: WireError,
  metadata: Metadata,
): { code: number; details: string; metadata: Metadata } {
  const { code, retryable, retryAfterMs } = error.data ?? {};
  if (code !== undefined) metadata.set(trailers.code, printable(code, 64).replace(/[^\x20-\x7e]/g, '?'));
  if (retryable !== undefined) metadata.set(trailers.retryable, String(retryable));
  if (retryAfterMs !== undefined) metadata.set(trailers.retryAfterMs, String(retryAfterMs));
  const isMissing = error.code === rpcCodes.methodNotFound;
  const details = error.message.slice(0, maxMessageLength).replaceAll(loneSurrogate, '\ufffd');
  return { code: isMissing ? codes.unimplemented : codes.unknown, details, metadata };
}

/** No UTF-8 exists for it, and percent-encoding refuses it. */
const loneSurrogate = /\p{Surrogate}/gu;

/** A plugin's own error, if a status is one: it has our trailers, or one of the codes that a library does not make. */
export function toWireError(status: Status): WireError | undefined {
  const said = (name: string): string | undefined => status.metadata?.get(name)[0]?.toString();
  const code = said(trailers.code);
  if (status.code === codes.unimplemented)
    return { code: rpcCodes.methodNotFound, message: printable(status.details, 2000) };
  if (code === undefined && !isAnswer(status.code)) return undefined;
  const retryAfterMs = Number(said(trailers.retryAfterMs) ?? Number.NaN);
  const isRetryable = said(trailers.retryable);
  return {
    code: rpcCodes.serverError,
    message: code === undefined ? statusWords(status) : status.details,
    data: {
      code: code ?? 'PLUGIN_1203',
      ...(code === undefined && { retryable: status.code === codes.aborted }),
      ...(isRetryable !== undefined && { retryable: isRetryable === 'true' }),
      ...(retryAfterMs >= 0 && { retryAfterMs }),
    },
  };
}

/** Codes that only the application behind a server gives. */
function isAnswer(code: number): boolean {
  return [2, 3, 5, 6, 9, 10, 11].includes(code);
}

/** Where something failed. */
export interface Place {
  readonly plugin: string;
  readonly endpoint: string;
  readonly timeoutMs?: number | undefined;
}

/** What the libraries say of it: how large a compressed message would have become, nobody knows. */
const tooLarge = /larger than max \((\d+) vs\.? (\d+)\)|decompress.* larger than (?:max )?(\d+)/;

/** The error of a status that gRPC itself made. */
export function transportError(status: Status, { plugin, endpoint, timeoutMs }: Place): PluginError {
  const make = (code: ErrorCode, message: string, retryable?: boolean): PluginError =>
    new PluginError(code, {
      plugin,
      message,
      retryable,
      context: { grpcStatus: names[status.code], endpoint },
    });
  const words = statusWords(status);
  const where = `the server at ${printable(endpoint, 200)}`;
  const sizes = tooLarge.exec(status.details);
  if (sizes !== null) {
    const [, bytes, limit = sizes[3]] = sizes;
    const size = bytes === undefined ? 'that was compressed' : `of ${bytes} bytes`;
    return make(
      'RPC_2006',
      `a message ${size} is over the limit of ${limit} of the end that got it. Raise maxFrameBytes there, or send less.`,
    );
  }
  switch (status.code) {
    case codes.deadlineExceeded:
      return make(
        'PLUGIN_1204',
        `${where} did not answer within ${timeoutMs ?? '?'} ms. Raise timeoutMs, or find out why it is slow.`,
      );
    case codes.unavailable:
    case codes.cancelled: // who cancels here does not ask for the answer: the other end has given up, or was ended
      return make(
        'PLUGIN_1205',
        `${where} cannot be reached: ${words}. See whether it runs; it is connected to again.`,
      );
    case codes.resourceExhausted:
      return make('PLUGIN_1212', `${where} has no room for the call: ${words}. Send less at once.`);
    case codes.unauthenticated:
    case codes.permissionDenied:
      return make(
        'TRANSPORT_1302',
        `${where} does not accept who this host says it is: ${words}. Check auth.`,
        false,
      );
    default:
      return make('TRANSPORT_1302', `the call to ${where} failed: ${words}. See the log of the server.`);
  }
}
