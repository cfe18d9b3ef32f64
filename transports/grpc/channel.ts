import type { Clock } from '../../src/core/clock.ts';
import { PluginError } from '../../src/core/errors.ts';
import type { PluginInfo } from '../../src/core/plugin.ts';
import type { Channel } from '../../src/core/transport.ts';
import { withResolvers } from '../wire/with-resolvers.ts';
import type { Connection } from './connect.ts';
import type { Live } from './greet.ts';

/** A server that was asked to say goodbye gets so long for it, in milliseconds. */
const goodbyeMs = 1000;

/** A connection to a server, from its handshake to its end. */
export class GrpcChannel implements Channel {
  readonly info: PluginInfo;
  readonly hooks: readonly string[];
  readonly ended: Promise<PluginError | undefined>;
  readonly #live: Live;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #end: (reason: PluginError | undefined) => void;
  #closing: Promise<void> | undefined;

  constructor(live: Live, connection: Connection, clock: Clock) {
    this.info = live.welcome.info;
    this.hooks = live.welcome.hooks;
    this.#live = live;
    this.#connection = connection;
    this.#clock = clock;
    const { promise, resolve } = withResolvers<PluginError | undefined>();
    this.ended = promise;
    this.#end = resolve;
    void live.over.then((reason) => this.kill(reason));
  }

  call: Channel['call'] = (call) => this.#live.session.call(call);
  health: Channel['health'] = () => this.#live.session.health();
  configure: Channel['configure'] = (config) => this.#live.session.configure(config);

  kill: Channel['kill'] = (reason) => {
    this.#live.session.fail(reason);
    this.#live.link.wire.destroy();
    this.#connection.client.close();
    this.#end(this.#closing === undefined ? reason : undefined);
  };

  close: Channel['close'] = (timeoutMs) => {
    this.#closing ??= this.#stop(timeoutMs);
    return this.#closing;
  };

  async #stop(timeoutMs: number): Promise<void> {
    const { link, session, over } = this.#live;
    if (timeoutMs > 0) {
      await this.#within(timeoutMs, Promise.race([session.shutdown(timeoutMs).catch(() => {}), over]));
      link.wire.end();
      this.#connection.client.close();
      await this.#within(goodbyeMs, over);
    }
    this.kill(new PluginError('PLUGIN_1206', { message: 'the connection to the plugin was closed' }));
  }

  async #within(timeoutMs: number, what: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#clock.startTimer(timeoutMs, resolve);
      void what.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
