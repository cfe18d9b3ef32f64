import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { watchQuits } from './watch-quits.ts';

/** A mail that a peer has taken. */
export interface Taken {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** Another mail server. It takes everything, twice if it comes twice, but for what `options` refuse. */
export interface Peer extends AsyncDisposable {
  readonly port: number;
  readonly taken: readonly Taken[];
  /** The next mail, or one that is there already and was not given before. */
  next(): Promise<Taken>;
}

/** The client left in the middle of a message. */
const noWhole = (): void => undefined;

/** An error that a peer answers with. */
export function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

/** `onQuit` runs when a client says goodbye, before it is answered. */
export async function startPeer(
  options: SMTPServerOptions = {},
  onQuit = (): void => undefined,
): Promise<Peer> {
  const taken: Taken[] = [];
  const arrived: Taken[] = [];
  let wake: (() => void) | undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: true,
    closeTimeout: 100,
    onData(stream, { envelope }, callback) {
      void text(stream).then((message) => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const mail = { from, to: envelope.rcptTo.map(({ address }) => address), text: message };
        taken.push(mail);
        arrived.push(mail);
        wake?.();
        setImmediate(callback);
      }, noWhole);
    },
    ...options,
  });
  watchQuits(server, onQuit);
  server.on('error', () => undefined); // a client that hangs up is no failure of the peer
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    taken,
    async next() {
      for (let mail = arrived.shift(); ; mail = arrived.shift()) {
        if (mail !== undefined) return mail;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)),
  };
}
