import type { Clock } from '../../src/core/clock.ts';
import type { Logger } from '../../src/core/logger.ts';
import type { Fault } from './messages.ts';

/** A record per kind and minute: enough to see the fault, too little to drown in it. */
const quietMs = 60_000;

/** More than this is not an accident; the session ends. Late answers do not count. */
const maxFaults = 1000;

const explanations: Record<Fault['kind'], string> = {
  malformed: 'a frame that is not a JSON object',
  'invalid-utf8': 'a frame that is not UTF-8',
  'too-deep': 'a frame that is nested too deeply',
  'too-large': 'a frame over the limit',
  'unknown-id': 'an answer to a call that was never made',
  'late-or-repeated': 'an answer that came too late or twice',
  'unknown-message': 'a message that is neither call nor answer',
};

/** Counts what is wrong on a wire and says so without flooding the log. */
export class FaultLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #counts = new Map<Fault['kind'], number>();
  readonly #saidAt = new Map<Fault['kind'], number>();
  #total = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Counts a fault; false when the other end has made too many. */
  note(fault: Fault): boolean {
    const count = (this.#counts.get(fault.kind) ?? 0) + 1;
    this.#counts.set(fault.kind, count);
    this.#say(fault, count);
    // A late answer, and one that was too large for a call that heard of it, are no breach.
    const isBreach =
      fault.kind !== 'late-or-repeated' && !(fault.kind === 'too-large' && fault.id !== undefined);
    if (isBreach) this.#total++;
    return this.#total < maxFaults;
  }

  #say(fault: Fault, count: number): void {
    const now = this.#clock.now();
    const saidAt = this.#saidAt.get(fault.kind);
    if (saidAt !== undefined && now - saidAt < quietMs) return;
    this.#saidAt.set(fault.kind, now);
    const fields = {
      kind: fault.kind,
      count,
      ...(fault.preview !== undefined && { preview: fault.preview }),
    };
    this.#logger.warn(`the plugin sent ${explanations[fault.kind]}; it was dropped`, fields);
  }
}
