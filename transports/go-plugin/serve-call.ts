import type { Metadata } from '@grpc/grpc-js';

import { systemClock } from '../../src/core/clock.ts';
import { PluginError } from '../../src/core/errors.ts';
import type { Logger } from '../../src/core/logger.ts';
import { LazySignal } from '../wire/lazy-signal.ts';
import type { GoBroker, GoCall } from './serve-types.ts';

/** What the methods of a plugin share. */
export interface CallSurroundings {
  readonly log: Logger;
  readonly broker: GoBroker;
}

/** What gRPC knows of a call. */
interface RunningCall {
  readonly metadata: Metadata;
  getDeadline(): Date | number;
  on(event: 'cancelled', listener: () => void): unknown;
}

/** A call as the method sees it. */
export class ServedGoCall implements GoCall {
  readonly log: Logger;
  readonly broker: GoBroker;
  readonly #call: RunningCall;
  readonly #lazy = new LazySignal();

  constructor(call: RunningCall, { log, broker }: CallSurroundings) {
    this.log = log;
    this.broker = broker;
    this.#call = call;
    const message = 'the host gave up or its time is over';
    call.on('cancelled', () => this.#lazy.abort(new PluginError('PLUGIN_1206', { message })));
  }

  get signal(): AbortSignal {
    return this.#lazy.signal;
  }

  get remainingMs(): number {
    const deadline = Number(this.#call.getDeadline());
    return Math.max(0, deadline - systemClock.date().getTime());
  }

  get headers(): Readonly<Record<string, string>> {
    const texts = Object.entries(this.#call.metadata.getMap()).filter(isText);
    return Object.fromEntries(texts);
  }
}

function isText(entry: [string, string | Buffer]): entry is [string, string] {
  return typeof entry[1] === 'string';
}
