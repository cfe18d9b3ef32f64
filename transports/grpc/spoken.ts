import type { PluginError } from '../../src/core/errors.ts';
import type { Channel } from '../../src/core/transport.ts';
import { shakeHands, type Greeting } from './greet.ts';

/** What is spoken over the connection to a plugin. */
export interface Spoken extends Pick<Channel, 'info' | 'hooks' | 'call' | 'health' | 'configure'> {
  /** Takes no new call and resolves when those that run have ended. */
  drain(timeoutMs: number): Promise<void>;
  /** Says goodbye, where there is a word for it. */
  hangUp(): void;
  /** Fails every running call, and every later one. */
  fail(reason: PluginError): void;
  /** Resolves with why it is over, also when it ended as it should. */
  readonly over: Promise<PluginError>;
}

/** Speaks plugboard's own `.proto`. @throws {PluginError} where the plugin does not, or the two do not fit. */
export async function speakPlugboard(greeting: Greeting): Promise<Spoken> {
  const { session, link, welcome, over } = await shakeHands(greeting);
  return {
    info: welcome.info,
    hooks: welcome.hooks,
    over,
    call: (call) => session.call(call),
    health: () => session.health(),
    configure: (config) => session.configure(config),
    drain: (timeoutMs) => session.shutdown(timeoutMs).catch(() => {}),
    hangUp: () => link.wire.end(),
    fail(reason) {
      session.fail(reason);
      link.wire.destroy();
    },
  };
}
