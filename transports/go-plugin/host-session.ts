import { isPluginError, PluginError } from '../../src/core/errors.ts';
import type { Channel, OpenSetup } from '../../src/core/transport.ts';
import type { Connection } from '../grpc/connect.ts';
import { shakeHands } from '../grpc/greet.ts';

/** What is spoken over the connection to a plugin. */
export interface Spoken extends Pick<Channel, 'info' | 'hooks' | 'call' | 'health' | 'configure'> {
  /** Resolves with why nothing can be asked any more although the plugin runs. */
  readonly over?: Promise<PluginError> | undefined;
  /** Resolves when the calls that run have ended. */
  drain(timeoutMs: number): Promise<void>;
  /** Fails every running call, and every later one. */
  fail(reason: PluginError): void;
}

/** Speaks plugboard's own `.proto`. @throws {PluginError} where the plugin does not, or the two do not fit. */
export async function speakPlugboard(
  connection: Connection,
  maxFrameBytes: number,
  setup: OpenSetup,
  signal: AbortSignal,
): Promise<Spoken> {
  const what = { session: true, maxFrameBytes };
  const live = await shakeHands({ connection, what, setup, signal }).catch((error: unknown) => {
    throw isPluginError(error) && error.code === 'TRANSPORT_1302' ? noServices(error) : error;
  });
  const { session, link, welcome, over } = live;
  return {
    over,
    info: welcome.info,
    hooks: welcome.hooks,
    call: (call) => session.call(call),
    health: () => session.health(),
    configure: (config) => session.configure(config),
    drain: (timeoutMs) => session.shutdown(timeoutMs).catch(() => {}),
    fail(reason) {
      session.fail(reason);
      link.wire.destroy();
    },
  };
}

/** Most plugins of go-plugin serve a `.proto` of their own. */
function noServices(cause: PluginError): PluginError {
  const message = `the plugin does not serve plugboard's own .proto, and no other is known: ${cause.rawMessage} Name its methods in services, such as { get: { method: '/proto.KV/Get' } }.`;
  return new PluginError('RPC_2002', { message, cause });
}
