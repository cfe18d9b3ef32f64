import type { OpenSetup } from '../../src/core/transport.ts';
import type { Wire } from '../wire/messages.ts';
import { StreamWire } from '../wire/stream-wire.ts';
import type { Connection } from './connect.ts';
import { FrameStream } from './frame-stream.ts';
import { methods } from './methods.ts';
import type { ResolvedGrpc } from './options.ts';
import { codes, type Status } from './status.ts';
import { UnaryWire } from './unary-wire.ts';

/** A way for messages over a connection. */
export interface Link {
  readonly wire: Wire;
  /** Resolves with the status by which the link ended. */
  readonly over: Promise<Status>;
}

/** All calls on one stream. */
export async function openSession(
  connection: Connection,
  { maxFrameBytes }: Pick<ResolvedGrpc, 'maxFrameBytes'>,
  setup: OpenSetup,
): Promise<Link> {
  const { path, requestSerialize, responseDeserialize } = methods.session;
  const { client } = connection;
  const metadata = await connection.metadata();
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
  const over = new Promise<Status>((resolve) => void call.on('status', resolve));
  const stream = new FrameStream(call, () => call.cancel());
  return { wire: new StreamWire(stream, stream, maxFrameBytes, false, setup.traffic), over };
}

/** Every call by itself. */
export function openUnary(
  connection: Connection,
  { maxFrameBytes }: Pick<ResolvedGrpc, 'maxFrameBytes'>,
  setup: OpenSetup,
): Link {
  const { client, endpoint } = connection;
  const wire = new UnaryWire({
    client,
    plugin: setup.plugin,
    endpoint,
    maxFrameBytes,
    traffic: setup.traffic,
    metadata: () => connection.metadata(),
  });
  const ended = wire.ended.then((): Status => ({ code: codes.ok, details: '' }));
  return { wire, over: Promise.race([lost(connection), ended]) };
}

/**
 * Resolves when a connection that was there cannot be made again; one that only ended is made anew at once. Why there
 * was none to begin with, the first call tells.
 */
export function lost({ client, library }: Connection): Promise<Status> {
  const { READY, SHUTDOWN, TRANSIENT_FAILURE } = library.connectivityState;
  const channel = client.getChannel();
  let wasThere = false;
  return new Promise((resolve) => {
    const look = (): void => {
      const state = channel.getConnectivityState(false);
      wasThere ||= state === READY;
      if (state === SHUTDOWN) return resolve({ code: codes.ok, details: '' });
      if (wasThere && state === TRANSIENT_FAILURE)
        return resolve({ code: codes.unavailable, details: 'the connection is lost, and there is no other' });
      channel.getConnectivityState(true); // connects, if it does not yet
      // A channel that is being closed is idle for a moment, in which it would connect again.
      channel.watchConnectivityState(channel.getConnectivityState(false), Infinity, () =>
        queueMicrotask(look),
      );
    };
    look();
  });
}
