import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { until } from '../../../support/processes.ts';
import { refusal } from './peer.ts';
import { watchQuits } from './watch-quits.ts';

/** A server that counts how often it took each mail of a gateway, by the mail's id in the gateway's queue. */
export interface CountingPeer extends AsyncDisposable {
  readonly port: number;
  readonly taken: ReadonlyMap<string, number>;
  /** Those taken since the last time this was asked, when nobody is connected any more. */
  takenSince(): Promise<readonly Taking[]>;
}

/** A mail that was taken. */
export interface Taking {
  readonly id: string;
  /** The gateway has gone on after it heard 250: it has said QUIT. */
  isHeard: boolean;
}

/** Knows no `nobody@`, is now and then busy, and is never equally fast. */
export async function countingPeer(chance: () => number): Promise<CountingPeer> {
  const taken = new Map<string, number>();
  let fresh: Taking[] = [];
  const last = new WeakMap<SMTPServerSession, Taking>();
  let pending = 0;
  const take = (session: SMTPServerSession, message: string): void => {
    const id = /by gw\.example\.org with \w+ id (\w+);/.exec(message.slice(0, 400))?.[1];
    const key = id ?? /^Message-ID: <(\w+)@gw\.example\.org>/m.exec(message)?.[1] ?? 'unknown';
    taken.set(key, (taken.get(key) ?? 0) + 1);
    const taking = { id: key, isHeard: false };
    fresh.push(taking);
    last.set(session, taking);
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onRcptTo: ({ address }, _, done) =>
      done(
        address.startsWith('nobody@')
          ? refusal(550, 'no such user')
          : chance() < 0.1
            ? refusal(451, 'busy')
            : null,
      ),
    onData: (stream, session, done) => {
      pending++;
      const waitMs = chance() * 10;
      void text(stream)
        .then(
          (message) =>
            new Promise<void>((resolve) => {
              setTimeout(() => {
                take(session, message);
                done();
                resolve();
              }, waitMs);
            }),
        )
        .catch(() => undefined)
        .finally(() => pending--);
    },
  });
  watchQuits(server, (session) => {
    const taking = last.get(session);
    if (taking !== undefined) taking.isHeard = true;
  });
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    taken,
    async takenSince() {
      await until(() => pending === 0 && server.connections.size === 0);
      const takings = fresh;
      fresh = [];
      return takings;
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)),
  };
}
