import type { ConnInfo } from './messages.ts';
import { Announced } from './serve-announced.ts';
import type { GoBroker, GoConnection, GoServed, GoServices } from './serve-types.ts';

/** The stream that the host opens once, on which both ends say where their ids can be had. */
export interface BrokerStream {
  write(info: ConnInfo): unknown;
  end(): unknown;
  on(event: 'data', listener: (info: ConnInfo) => void): unknown;
  on(event: 'end' | 'error', listener: () => void): unknown;
}

/** What a broker opens connections with. */
export interface BrokerParts {
  /** Serves services on a listener of their own. */
  serve(services: GoServices): Promise<Brokered>;
  /** Connects to an address that the other end named. */
  connect(info: ConnInfo): GoConnection;
}

/** Something that is served beside the main connection. */
export interface Brokered {
  readonly network: string;
  readonly address: string;
  close(): void;
}

/** One end of go-plugin's broker. Each end counts the ids of what it serves from 1. */
export class Broker implements GoBroker {
  readonly #parts: BrokerParts;
  readonly #announced = new Announced();
  #stream: BrokerStream | undefined;
  readonly #open = new Set<() => void>();
  #unsaid: ConnInfo[] = [];
  #nextId = 1;

  constructor(parts: BrokerParts) {
    this.#parts = parts;
  }

  /** The stream is there. */
  attach(stream: BrokerStream): void {
    this.#stream = stream;
    stream.on('data', (info) => {
      if (info.knock === undefined) this.#announced.put(info); // nobody here has offered to multiplex
    });
    stream.on('error', () => {}); // the end of the connection says it too
    stream.on('end', () => stream.end());
    for (const info of this.#unsaid) stream.write(info);
    this.#unsaid = [];
  }

  async serve(services: GoServices): Promise<GoServed> {
    const served = this.#keep(await this.#parts.serve(services));
    const id = this.#nextId++;
    const info = { serviceId: id, network: served.network, address: served.address };
    if (this.#stream === undefined) this.#unsaid.push(info);
    else this.#stream.write(info);
    const close = (): void => served.close();
    return { id, close, [Symbol.dispose]: close };
  }

  async dial(id: number): Promise<GoConnection> {
    return this.#keep(this.#parts.connect(await this.#announced.take(id)));
  }

  /** Ends what is served and connected. */
  close(): void {
    for (const end of this.#open) end();
  }

  #keep<T extends { close(): void }>(made: T): T {
    const close = (): void => void (this.#open.delete(close) && made.close());
    this.#open.add(close);
    return { ...made, close, [Symbol.dispose]: close };
  }
}
