import type { Clock } from '../../src/core/clock.ts';
import type { Logger } from '../../src/core/logger.ts';
import { printable } from '../../src/core/printable.ts';

/** A receiver may be away for hours; one record a minute is enough, in milliseconds. */
const quietMs = 60_000;

/** Counts what a receiver did not get, and says so now and then. */
export class ReceiverLog {
  /** What was lost since the start, or of exports that are complete in themselves: how many did not arrive. */
  dropped = 0;
  readonly #what: string;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #away = false;
  #saidAt = -Infinity;
  #said = 0;

  /** `what` is counted: `spans`, `metric exports`. */
  constructor(what: string, logger: Logger, clock: Clock) {
    this.#what = what;
    this.#logger = logger;
    this.#clock = clock;
  }

  /** The receiver has something. */
  reached(): void {
    if (!this.#away) return;
    this.#away = false;
    this.#saidAt = -Infinity;
    this.#said = this.dropped;
    this.#logger.info(`the OTLP receiver takes ${this.#what} again`, { dropped: this.dropped });
  }

  /** The receiver could not take something; it will be offered again. */
  away(why: string): void {
    this.#away = true;
    this.#say(`the OTLP receiver does not take ${this.#what}; it is asked again`, why);
  }

  /** An export did not arrive, and the next one makes it good. */
  missed(why: string): void {
    this.dropped++;
    this.away(why);
  }

  /** So many are lost. */
  lost(count: number, why: string): void {
    this.dropped += count;
    this.#say(`${this.#what} were dropped`, why);
  }

  /** Nothing comes any more: says what was dropped since it was last said. */
  end(): void {
    if (this.dropped === this.#said) return;
    this.#saidAt = -Infinity;
    this.#say(`${this.#what} were dropped`, 'the end came before the receiver had them');
  }

  #say(message: string, why: string): void {
    const now = this.#clock.now();
    if (now - this.#saidAt < quietMs) return;
    this.#saidAt = now;
    this.#said = this.dropped;
    this.#logger.warn(message, { dropped: this.dropped, error: printable(why, 300) });
  }
}
