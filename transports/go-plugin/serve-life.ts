import { systemClock } from '../../src/core/clock.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { Logger } from '../../src/core/logger.ts';
import { hostWatch } from './serve-host-watch.ts';
import { removeSockets } from './serve-listener.ts';

/** A host of go-plugin waits 2 seconds after Shutdown, and kills then. */
const closeTimeoutMs = 1500;

/** How soon a plugin sees that its host died. */
const hostCheckMs = 1000;

/** The end of a plugin, however it comes: asked for, by a signal, or because nobody is there any more. */
export class ServedLife {
  readonly #log: Logger;
  readonly #close: () => Promise<void>;
  #isEnding = false;

  /** `close` lets the plugin clean up. */
  constructor(log: Logger, close: () => Promise<void>) {
    this.#log = log;
    this.#close = close;
    process.on('exit', removeSockets);
    // Ctrl-C reaches the whole group; it is the host that ends its plugins.
    process.on('SIGINT', () => log.debug('plugin received interrupt signal, ignoring'));
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.end());
    // Node prints it too, but for a host in Go that is text without a level.
    process.on('uncaughtExceptionMonitor', ({ message, stack }) =>
      log.error(`uncaught exception: ${message}`, { stack }),
    );
    this.#watchHost(hostWatch());
  }

  /** Closes the plugin and ends the process, within what a host waits for. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const exit = (): never => process.exit(0);
    systemClock.startTimer(closeTimeoutMs, exit);
    void this.#close()
      .catch((error: unknown) => this.#log.error('close failed', { error: messageOf(error) }))
      .then(exit);
  }

  /** Go's host passes its own stdin on, so its end does not tell. */
  #watchHost(isGone: () => boolean): void {
    const check = (): void => {
      if (isGone()) this.end();
      else this.#watchHost(isGone);
    };
    systemClock.startTimer(hostCheckMs, check).keepAlive(false);
  }
}
