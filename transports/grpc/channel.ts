import type { Clock } from '../../src/core/clock.ts';
import { PluginError } from '../../src/core/errors.ts';
import type { PluginInfo } from '../../src/core/plugin.ts';
import type { Channel } from '../../src/core/transport.ts';
import { within } from '../wire/within.ts';
import { withResolvers } from '../wire/with-resolvers.ts';
import type { Connection } from './connect.ts';
import { askWithin, type RequestLimit } from './request-timeout.ts';
import type { Spoken } from './spoken.ts';

/** A server that was asked to say goodbye gets so long for it, in milliseconds. */
const goodbyeMs = 1000;

/** A connection to a server, from its handshake to its end. */
export class GrpcChannel implements Channel {
  readonly info: PluginInfo;
  readonly hooks: readonly string[];
  readonly ended: Promise<PluginError | undefined>;
  readonly #spoken: Spoken;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #limit: RequestLimit;
  readonly #end: (reason: PluginError | undefined) => void;
  #closing: Promise<void> | undefined;

  constructor(spoken: Spoken, connection: Connection, limit: RequestLimit) {
    this.info = spoken.info;
    this.hooks = spoken.hooks;
    this.#spoken = spoken;
    this.#connection = connection;
    this.#clock = limit.clock;
    this.#limit = limit;
    const { promise, resolve } = withResolvers<PluginError | undefined>();
    this.ended = promise;
    this.#end = resolve;
    void spoken.over.then((reason) => this.kill(reason));
  }

  call: Channel['call'] = (call) =>
    this.#limit.requestTimeoutMs < call.remainingMs
      ? askWithin(this.#limit, call, (limited) => this.#spoken.call(limited))
      : this.#spoken.call(call);
  health: Channel['health'] = () => this.#spoken.health();
  configure: Channel['configure'] = (config) => this.#spoken.configure(config);

  kill: Channel['kill'] = (reason) => {
    this.#spoken.fail(reason);
    this.#connection.client.close();
    this.#end(this.#closing === undefined ? reason : undefined);
  };

  close: Channel['close'] = (timeoutMs) => {
    this.#closing ??= this.#stop(timeoutMs);
    return this.#closing;
  };

  async #stop(timeoutMs: number): Promise<void> {
    const { over } = this.#spoken;
    if (timeoutMs > 0) {
      await within(this.#clock, timeoutMs, Promise.race([this.#spoken.drain(timeoutMs), over]));
      this.#spoken.hangUp();
      this.#connection.client.close();
      await within(this.#clock, goodbyeMs, over);
    }
    this.kill(new PluginError('PLUGIN_1206', { message: 'the connection to the plugin was closed' }));
  }
}
