import { isDeepStrictEqual } from 'node:util';

import type { DiscoveryConfig } from '../config/host-parts.ts';
import { messageOf } from '../core/errors.ts';
import { watchManifests } from '../discovery/watch.ts';
import type { Shared } from './shared.ts';

/** Watches the folders that a configuration names, as long as it does. */
export class DiscoveryWatch {
  readonly #shared: Shared;
  readonly #onChange: () => void;
  #watched: DiscoveryConfig | undefined;
  #end: (() => Promise<void>) | undefined;
  #isClosed = false;

  constructor(shared: Shared, onChange: () => void) {
    this.#shared = shared;
    this.#onChange = onChange;
  }

  /** Watches what is named now, and leaves what was. */
  async follow(config: DiscoveryConfig | undefined): Promise<void> {
    const wanted = config?.watch === true && !this.#isClosed ? config : undefined;
    if (isDeepStrictEqual(wanted, this.#watched)) return;
    await this.#leave();
    this.#watched = wanted;
    if (wanted === undefined) return;
    const { clock, logger } = this.#shared;
    try {
      const end = await watchManifests({ ...wanted, clock, onChange: this.#onChange });
      if (this.#isClosed) await end();
      else this.#end = end;
    } catch (error) {
      logger.warn(`the folders of plugins cannot be watched: ${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#leave();
  }

  async #leave(): Promise<void> {
    const end = this.#end;
    this.#end = undefined;
    await end?.();
  }
}
