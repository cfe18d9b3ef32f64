import type { GoPluginCall } from './host-method.ts';
import type { GoBroker, GoServed, GoServices } from './serve-types.ts';

/** What a call lends the plugin, until it is over. */
export class Lender implements GoPluginCall {
  readonly broker: GoBroker;
  readonly #lent: GoServed[] = [];

  constructor(broker: GoBroker) {
    this.broker = broker;
  }

  lend = async (services: GoServices): Promise<number> => {
    const served = await this.broker.serve(services);
    this.#lent.push(served);
    return served.id;
  };

  /** The call is over. */
  end(): void {
    for (const served of this.#lent) served.close();
  }
}
