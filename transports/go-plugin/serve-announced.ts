import { systemClock, type Clock, type Timer } from '../../src/core/clock.ts';
import { PluginError } from '../../src/core/errors.ts';
import { withResolvers } from '../wire/with-resolvers.ts';
import type { ConnInfo } from './messages.ts';

/** As long as go-plugin waits for word of an id, and keeps it for whoever may ask. */
const patienceMs = 5000;

/** So many may be announced and not asked for; more are a flood. */
const maxKnown = 1000;

/** Where the connections are that the other end serves, each to be asked for once, before or after it is announced. */
export class Announced {
  readonly #clock: Clock;
  readonly #known = new Map<number, Slot>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** The other end says where an id can be had. */
  put(info: ConnInfo): void {
    const known = this.#known.get(info.serviceId);
    if (known === undefined && this.#known.size >= maxKnown) return;
    if (known?.isPut === true) this.#forget(info.serviceId, known);
    const slot = this.#slot(info.serviceId);
    slot.isPut = true;
    slot.word.resolve(info);
  }

  /** @throws {PluginError} `PLUGIN_1205` where nothing is said within 5 seconds. */
  async take(id: number): Promise<ConnInfo> {
    const slot = this.#slot(id);
    const info = await slot.word.promise;
    this.#forget(id, slot);
    if (info === undefined) throw unheardOf(id);
    return info;
  }

  #slot(id: number): Slot {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const word = withResolvers<ConnInfo | undefined>();
    const timer = this.#clock.startTimer(patienceMs, () => {
      this.#forget(id, slot);
      word.resolve(undefined);
    });
    timer.keepAlive(false);
    const slot: Slot = { word, timer, isPut: false };
    this.#known.set(id, slot);
    return slot;
  }

  #forget(id: number, slot: Slot): void {
    slot.timer.cancel();
    if (this.#known.get(id) === slot) this.#known.delete(id);
  }
}

interface Slot {
  readonly word: ReturnType<typeof withResolvers<ConnInfo | undefined>>;
  readonly timer: Timer;
  isPut: boolean;
}

function unheardOf(id: number): PluginError {
  const message = `the other end says nothing of a connection ${id}. It must serve the id before it sends it, and the id is good for one dial within ${patienceMs} ms.`;
  return new PluginError('PLUGIN_1205', { message, context: { id } });
}
