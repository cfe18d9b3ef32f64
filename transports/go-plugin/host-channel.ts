import { PluginError } from '../../src/core/errors.ts';
import type { PluginInfo } from '../../src/core/plugin.ts';
import type { Channel, OpenSetup } from '../../src/core/transport.ts';
import type { Connection } from '../grpc/connect.ts';
import { closedButAliveMs } from '../subprocess/stop.ts';
import { within } from '../wire/within.ts';
import type { Spoken } from '../grpc/spoken.ts';
import { tellToEnd } from './kill.ts';
import type { Life } from './life.ts';

/** A plugin that has shaken hands, from then to its end. */
export class GoPluginChannel implements Channel {
  readonly info: PluginInfo;
  readonly hooks: readonly string[];
  readonly pid: number;
  readonly ended: Promise<PluginError | undefined>;
  readonly #life: Life;
  readonly #spoken: Spoken;
  readonly #connection: Connection;
  readonly #killTimeoutMs: number;
  readonly #setup: OpenSetup;
  #broken: PluginError | undefined;
  #closing: Promise<void> | undefined;

  constructor(life: Life, spoken: Spoken, connection: Connection, killTimeoutMs: number, setup: OpenSetup) {
    this.info = spoken.info;
    this.hooks = spoken.hooks;
    this.pid = life.pid;
    this.#life = life;
    this.#spoken = spoken;
    this.#connection = connection;
    this.#killTimeoutMs = killTimeoutMs;
    this.#setup = setup;
    this.ended = life.gone.then((why) => {
      const reason = this.#broken ?? why;
      spoken.fail(reason);
      connection.client.close();
      return this.#closing === undefined ? reason : undefined;
    });
    void spoken.over.then((why) => this.#overBeforeGone(why));
  }

  call: Channel['call'] = (call) => this.#spoken.call(call);
  health: Channel['health'] = () => this.#spoken.health();
  configure: Channel['configure'] = (config) => this.#spoken.configure(config);

  kill: Channel['kill'] = (reason) => {
    this.#broken ??= reason;
    this.#spoken.fail(this.#broken);
    this.#life.kill();
  };

  close: Channel['close'] = (timeoutMs) => {
    this.#closing ??= this.#stop(timeoutMs);
    return this.#closing;
  };

  /** As hosts in Go do it: `Shutdown`, a moment to end, then force. */
  async #stop(timeoutMs: number): Promise<void> {
    const { plugin, clock, logger } = this.#setup;
    const { gone } = this.#life;
    if (timeoutMs > 0) await within(clock, timeoutMs, Promise.race([this.#spoken.drain(timeoutMs), gone]));
    this.#spoken.fail(new PluginError('PLUGIN_1206', { plugin, message: 'the plugin was closed' }));
    if (timeoutMs > 0 && this.#life.isOurs) {
      const killTimeoutMs = this.#killTimeoutMs;
      if (!(await tellToEnd(this.#connection.client, gone, killTimeoutMs, clock)))
        logger.warn('the plugin did not end when it was told to, and is ended by force', { killTimeoutMs });
    }
    this.#life.kill();
    await gone;
  }

  /** A crash closes the connection a moment before the exit is known, which tells more. */
  async #overBeforeGone(why: PluginError): Promise<void> {
    const { clock } = this.#setup;
    if (this.#closing !== undefined || (await within(clock, closedButAliveMs, this.#life.gone))) return;
    this.kill(why.code === 'PLUGIN_1205' ? hungUp(why) : why);
  }
}

function hungUp({ plugin, rawMessage }: PluginError): PluginError {
  const message = `the plugin went on running, but its connection is over, and it was ended: ${rawMessage} Keep the server up until Shutdown.`;
  return new PluginError('PLUGIN_1205', { plugin, message });
}
