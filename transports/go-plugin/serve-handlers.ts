import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  sendUnaryData,
  Server,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  StatusObject,
} from '@grpc/grpc-js';

import type { GrpcLibrary } from '../grpc/load.ts';
import { servedError } from '../grpc/served-unary.ts';
import { toStatus } from '../grpc/status.ts';
import { ServedGoCall, type CallSurroundings } from './serve-call.ts';
import type { GoMethod, GoServices } from './serve-types.ts';

type Bytes = Uint8Array;

/** Serves the application's services on a server. */
export function addServices(
  library: GrpcLibrary,
  server: Server,
  services: GoServices,
  around: CallSurroundings,
): void {
  for (const [service, methods] of Object.entries(services)) {
    for (const [name, method] of Object.entries(methods))
      server.register(
        `/${service}/${name}`,
        handler(library, method, around),
        write,
        read,
        kinds[method.stream],
      );
  }
}

/** The library's words for the kinds of methods. */
const kinds = { none: 'unary', client: 'clientStream', server: 'serverStream', both: 'bidi' } as const;

const write = (bytes: Bytes): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const read = (bytes: Buffer): Bytes => bytes;

function handler(library: GrpcLibrary, method: GoMethod, around: CallSurroundings): Handler {
  const failed: Failed = (error) => statusOf(library, error);
  if (method.stream === 'none')
    return (call: ServerUnaryCall<Bytes, Bytes>, done: sendUnaryData<Bytes>) =>
      void settle(() => method.answer(call.request, new ServedGoCall(call, around)), done, failed);
  if (method.stream === 'client')
    return (call: ServerReadableStream<Bytes, Bytes>, done: sendUnaryData<Bytes>) =>
      void settle(() => method.answer(asked(call), new ServedGoCall(call, around)), done, failed);
  if (method.stream === 'server')
    return (call: ServerWritableStream<Bytes, Bytes>) =>
      void pour(() => method.answer(call.request, new ServedGoCall(call, around)), call, failed);
  return (call: ServerDuplexStream<Bytes, Bytes>) =>
    void pour(() => method.answer(asked(call), new ServedGoCall(call, around)), call, failed);
}

/** What the host sends; its end is not that of the answers. */
function asked(
  call: ServerReadableStream<Bytes, Bytes> | ServerDuplexStream<Bytes, Bytes>,
): AsyncIterable<Bytes> {
  return call.iterator({ destroyOnReturn: false });
}

type Handler =
  | handleUnaryCall<Bytes, Bytes>
  | handleClientStreamingCall<Bytes, Bytes>
  | handleServerStreamingCall<Bytes, Bytes>
  | handleBidiStreamingCall<Bytes, Bytes>;

type Failed = (error: unknown) => Partial<StatusObject>;

async function settle(
  answer: () => Promise<Bytes>,
  done: sendUnaryData<Bytes>,
  failed: Failed,
): Promise<void> {
  const [error, result] = await answer().then(
    (bytes): [null, Bytes] => [null, bytes],
    (thrown: unknown): [Partial<StatusObject>, undefined] => [failed(thrown), undefined],
  );
  done(error, result);
}

type Poured = ServerWritableStream<Bytes, Bytes> | ServerDuplexStream<Bytes, Bytes>;

/** Sends what a stream yields, as fast as the host takes it. */
async function pour(answers: () => AsyncIterable<Bytes>, call: Poured, failed: Failed): Promise<void> {
  const gone = new Promise<void>((resolve) => void call.on('cancelled', () => resolve()));
  call.on('error', () => {}); // also what is emitted below
  try {
    for await (const bytes of answers()) {
      if (call.cancelled) return;
      if (!call.write(bytes)) await Promise.race([gone, drained(call)]);
    }
    call.end();
  } catch (error) {
    call.emit('error', failed(error));
  }
}

function drained(call: Poured): Promise<void> {
  return new Promise((resolve) => void call.once('drain', () => resolve()));
}

/** An error as gRPC's status: its own where it says one by number. */
function statusOf({ Metadata: Trailers }: GrpcLibrary, error: unknown): Partial<StatusObject> {
  const status = toStatus(servedError(error), new Trailers());
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const isStatus = typeof code === 'number' && Number.isInteger(code) && code >= 1 && code <= 16;
  return isStatus ? { ...status, code, metadata: new Trailers() } : status;
}
