import { checkObject } from '../core/check-given.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Tracer, Tracing, TracingOptions } from '../core/tracer.ts';
import { isShutDown } from './refusals.ts';

/** Even a shutdown in a hurry lets the last traces out for so long, in milliseconds. */
const leastFlushMs = 1000;

/** What a tracer is made with. */
export interface TracerParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes the tracer that somebody asks for; rejects with a `PluginError` that says what is missing. */
export type TracerMaker = (options: TracingOptions, parts: TracerParts) => Promise<Tracer>;

/** The tracer of a manager: none at first, then the one that was asked for last, until the end. */
export class ManagerTracing implements Tracing {
  tracer: Tracer | undefined = undefined;
  readonly #make: TracerMaker;
  readonly #parts: TracerParts;
  #ended = false;

  constructor(make: TracerMaker, parts: TracerParts) {
    this.#make = make;
    this.#parts = parts;
  }

  /** Later calls are traced so; what the tracer before still has is handed out. */
  async enable(options: TracingOptions): Promise<void> {
    checkObject(
      options,
      'what enableTracing() is given',
      "Give { endpoint: 'http://localhost:4318' }, or nothing.",
    );
    if (this.#ended) throw isShutDown();
    const tracer = await this.#make(options, this.#parts);
    const before = this.tracer;
    this.tracer = tracer;
    if (before !== undefined) await this.#close(before, leastFlushMs);
    if (this.#ended) await this.close(this.#parts.clock.now());
  }

  /** Lets what is left out until `endsAt` on the clock. Never rejects. */
  async close(endsAt: number): Promise<void> {
    this.#ended = true;
    const { tracer } = this;
    this.tracer = undefined;
    const leftMs = endsAt - this.#parts.clock.now();
    if (tracer !== undefined) await this.#close(tracer, Math.max(leastFlushMs, leftMs));
  }

  async #close(tracer: Tracer, timeoutMs: number): Promise<void> {
    try {
      await tracer.close(timeoutMs);
    } catch (error) {
      this.#parts.logger.warn('tracing did not end well', { error: messageOf(error) });
    }
  }
}
