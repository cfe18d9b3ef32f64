import { isDeepStrictEqual } from 'node:util';

import type { Clock } from '../core/clock.ts';
import { PluginError } from '../core/errors.ts';
import type { Channel } from '../core/transport.ts';

/** The config that a running plugin has, and its way to another. */
export class RunningConfig {
  readonly #channel: Channel;
  readonly #clock: Clock;
  #config: unknown;
  #isAbandoned = false;
  #abandonTold: () => void = () => {};

  constructor(channel: Channel, config: unknown, clock: Clock) {
    this.#channel = channel;
    this.#config = config;
    this.#clock = clock;
  }

  has(config: unknown): boolean {
    return isDeepStrictEqual(this.#config, config);
  }

  /**
   * Hands it another; false where that needs a new start, as it does for a plugin that gives no answer in time.
   * @throws {PluginError} `PLUGIN_1207` when nobody waits any more, and what the plugin throws.
   */
  async tell(config: unknown, timeoutMs: number): Promise<boolean> {
    if (this.#isAbandoned) throw abandoned();
    const takes = await this.#inTime(this.#channel.configure(config), timeoutMs);
    if (takes) this.#config = config;
    return takes;
  }

  /** The plugin is being stopped: nobody waits for its answer. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#abandonTold();
  }

  #inTime(answer: Promise<boolean>, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.startTimer(timeoutMs, () => resolve(false));
      const end = (settle: () => void): void => {
        timer.cancel();
        settle();
      };
      this.#abandonTold = () => end(() => reject(abandoned()));
      answer.then(
        (takes) => end(() => resolve(takes)),
        (error: unknown) => end(() => reject(PluginError.from(error, 'PLUGIN_1203'))),
      );
    });
  }
}

function abandoned(): PluginError {
  return new PluginError('PLUGIN_1207', { message: 'it is being stopped and takes no new config.' });
}
