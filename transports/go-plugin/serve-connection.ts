import type { Client, Metadata, ServiceError } from '@grpc/grpc-js';

import { systemClock } from '../../src/core/clock.ts';
import { PluginError } from '../../src/core/errors.ts';
import { ownOptions } from '../grpc/connect.ts';
import type { GrpcLibrary } from '../grpc/load.ts';
import { toWireError, transportError } from '../grpc/status.ts';
import { fromWireError } from '../wire/wire-error.ts';
import type { ConnInfo } from './messages.ts';
import type { MutualTls } from './mutual-tls.ts';
import type { GoCallLimits, GoConnection, GoMethodCall } from './serve-types.ts';

/** What a brokered connection has of the main one. */
export interface ConnectParts {
  readonly tls: MutualTls;
  readonly maxFrameBytes: number;
  /** Who is at the other end, in errors. */
  readonly other: string;
}

/** Connects to what the other end serves; over TCP its certificate is still that of `localhost`. */
export function connect(
  library: GrpcLibrary,
  { tls, maxFrameBytes, other }: ConnectParts,
  { network, address }: ConnInfo,
): GoConnection {
  const target = network === 'unix' ? `unix:${address}` : address;
  const client = new library.Client(target, tls.client, {
    ...ownOptions({ maxFrameBytes }),
    'grpc.enable_http_proxy': 0,
    'grpc.ssl_target_name_override': 'localhost',
    'grpc.default_authority': 'localhost',
  });
  const peer = { library, client, target, other };
  let isClosed = false;
  const close = (): void => {
    isClosed = true;
    client.close();
  };
  return {
    call: (method, request, limits = {}) =>
      isClosed ? Promise.reject(closed(peer)) : call(peer, method, request, limits),
    close,
    [Symbol.dispose]: close,
  };
}

interface Peer {
  readonly library: GrpcLibrary;
  readonly client: Client;
  readonly target: string;
  /** Who is at the other end, in errors. */
  readonly other: string;
}

function call<Req, Resp>(
  peer: Peer,
  { method, encode, decode }: GoMethodCall<Req, Resp>,
  request: Req,
  { signal, timeoutMs }: GoCallLimits,
): Promise<Resp> {
  const deadline = timeoutMs === undefined ? Infinity : systemClock.date().getTime() + timeoutMs;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(givenUp(peer));
    const write = (value: Req): Buffer => Buffer.from(encode(value));
    const metadata: Metadata = new peer.library.Metadata();
    const running = peer.client.makeUnaryRequest(
      method,
      write,
      decode,
      request,
      metadata,
      { deadline },
      done,
    );
    const cancel = (): void => running.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    function done(error: ServiceError | null, answer?: Resp): void {
      signal?.removeEventListener('abort', cancel);
      if (error !== null)
        return reject(signal?.aborted === true ? givenUp(peer) : failure(peer, error, timeoutMs));
      if (answer !== undefined) resolve(answer);
    }
  });
}

function closed({ target, other }: Peer): PluginError {
  const message = `the connection to ${target} is closed. Dial again, by an id that the other end sends for it.`;
  return new PluginError('PLUGIN_1205', { plugin: other, message, retryable: false });
}

function givenUp({ other }: Peer): PluginError {
  return new PluginError('PLUGIN_1206', { plugin: other, message: 'the call was given up by its signal' });
}

function failure({ target, other }: Peer, error: ServiceError, timeoutMs: number | undefined): PluginError {
  const said = toWireError(error);
  if (said !== undefined) return fromWireError(said, { plugin: other });
  return transportError(error, { plugin: other, endpoint: target, timeoutMs });
}
