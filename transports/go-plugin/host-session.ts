import type { PluginError } from '../../src/core/errors.ts';
import type { Channel, OpenSetup } from '../../src/core/transport.ts';
import type { Connection } from '../grpc/connect.ts';
import { shakeHands } from '../grpc/greet.ts';

/** What is spoken over the connection to a plugin. */
export interface Spoken extends Pick<Channel, 'info' | 'hooks' | 'call' | 'health' | 'configure'> {
  /** Takes no new call and resolves when those that run have ended. */
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
  const { session, link, welcome } = await shakeHands({ connection, what, setup, signal });
  return {
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
