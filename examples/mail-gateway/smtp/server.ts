import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { isPluginError } from 'plugboard';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import { atAuth } from './at-auth.ts';
import { atConnect, atDisconnect, atReset } from './at-connect.ts';
import { atData } from './at-data.ts';
import { afterTls, atHello, beforeTls } from './at-hello.ts';
import { atMail } from './at-mail.ts';
import { atRcpt, beforeData } from './at-rcpt.ts';
import type { Front } from './front.ts';
import { Refusal, troubleHere } from './refusal.ts';
import { Session } from './session.ts';
import { wrapConnection } from './wrap-connection.ts';

export interface SmtpOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** PEM texts. Without them nobody is offered STARTTLS. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** Addresses of proxies that may say whom they speak for (XCLIENT). */
  readonly xclientFrom: readonly string[];
  /** How many clients at once. */
  readonly maxClients: number;
  /** How long running sessions have to end at shutdown, in milliseconds. */
  readonly closeMs: number;
}

/** A listening SMTP server whose every step asks the plugins. */
export interface SmtpServer {
  readonly port: number;
  /** Takes up the settings as they are now. */
  configure(): void;
  /** Tells idle clients 421 at once, lets messages in progress come in, and comes back when all are gone. */
  close(): Promise<void>;
}

/** Starts to listen. */
export async function startSmtp(front: Front, options: SmtpOptions): Promise<SmtpServer> {
  const sessions = new WeakMap<SMTPServerSession, Session>();
  const sessionOf = (smtp: SMTPServerSession): Session => {
    const session = sessions.get(smtp);
    if (session === undefined) throw new Error('a session that was never opened');
    return session;
  };
  const server = new SMTPServer(serverOptions(front, options, sessionOf));
  server.connections = new Watched((connection) => {
    const session = new Session(connection, front.clock.date().getTime());
    sessions.set(connection.session, session);
    wrapConnection(connection, commandsOf(front, session));
  });
  server.on('error', (error) => front.log.debug('a connection failed', { error }));
  const listening = server.listen(options.port, options.host);
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  return {
    port,
    configure() {
      const { maxMessageBytes: size, maxRecipients } = front.settings();
      Object.assign(server.options, { size, maxRecipients });
    },
    close: () => close(server, front),
  };
}

/** Tells of each connection before smtp-server begins to serve it. */
class Watched extends Set<SMTPConnection> {
  readonly #onAdd: (connection: SMTPConnection) => void;

  constructor(onAdd: (connection: SMTPConnection) => void) {
    super();
    this.#onAdd = onAdd;
  }

  override add(connection: SMTPConnection): this {
    this.#onAdd(connection);
    return super.add(connection);
  }
}

function commandsOf(front: Front, session: Session): Parameters<typeof wrapConnection>[1] {
  return {
    onHello: (hostname, extensions) => atHello(front, session, hostname, extensions),
    onStartTls: () => beforeTls(front, session),
    onBeforeData: () => beforeData(front, session),
    onOtherClient: () => atConnect(front, session),
    onReset: () => atReset(front, session, 'rset'),
    onGoodbye: (reason) => (session.endedBy ??= reason),
  };
}

function serverOptions(
  front: Front,
  options: SmtpOptions,
  sessionOf: (smtp: SMTPServerSession) => Session,
): SMTPServerOptions {
  const { maxMessageBytes, maxRecipients } = front.settings();
  return {
    name: front.hostname,
    banner: 'plugboard mail gateway',
    size: maxMessageBytes,
    maxRecipients,
    maxClients: options.maxClients,
    authOptional: true,
    authMethods: ['PLAIN', 'LOGIN'],
    hideENHANCEDSTATUSCODES: false,
    hideDSN: false,
    hideREQUIRETLS: false,
    disableReverseLookup: true,
    closeTimeout: options.closeMs,
    disabledCommands: options.tls === undefined ? ['STARTTLS'] : [],
    ...options.tls,
    ...(options.xclientFrom.length > 0 && { useXClient: [...options.xclientFrom] }),
    onConnect: (smtp, done) => void reply(front, atConnect(front, sessionOf(smtp)), done),
    onSecure: (socket, smtp, done) =>
      void reply(
        front,
        socket instanceof TLSSocket ? afterTls(front, sessionOf(smtp), socket) : noRefusal,
        done,
      ),
    onAuth: (auth, smtp, done) =>
      void reply(front, atAuth(front, sessionOf(smtp), auth), (error, user) => done(error, { user })),
    onMailFrom: (address, smtp, done) => {
      const session = sessionOf(smtp);
      void reply(front, atMail(front, session, address, smtp), ending(session, done));
    },
    onRcptTo: (address, smtp, done) => {
      const session = sessionOf(smtp);
      void reply(front, atRcpt(front, session, address), ending(session, done));
    },
    onData: (stream, smtp, done) => {
      const session = sessionOf(smtp);
      void reply(front, atData(front, session, stream), ending(session, done));
    },
    onClose: (smtp) => atDisconnect(front, sessionOf(smtp)),
  };
}

const noRefusal = Promise.resolve(undefined);

type Done<T> = (error: Refusal | null, said?: T) => void;

/** Gives smtp-server what a hook said: a refusal as its error, anything else as its result. */
async function reply<T>(front: Front, answer: Promise<Refusal | T>, done: Done<T>): Promise<void> {
  let said: Refusal | T;
  try {
    said = await answer;
  } catch (error) {
    // What a plugin does wrong has become an answer before: this is a fault of this side's, or the client is gone.
    const level = isGivenUp(error) ? 'debug' : 'error';
    front.log[level]('a step of a session could not be taken', { error });
    said = troubleHere();
  }
  if (said instanceof Refusal) done(said);
  else done(null, said);
}

function isGivenUp(error: unknown): boolean {
  if (isPluginError(error)) return error.code === 'PLUGIN_1206';
  return (
    error instanceof Error && (error.name === 'AbortError' || error.message.startsWith('Connection closed'))
  );
}

/** Ends the session after a refusal that wants it so. */
function ending<T>(session: Session, done: Done<T>): Done<T> {
  return (error, said) => {
    done(error, said);
    if (error?.disconnect !== true) return;
    session.endedBy ??= 'rejected';
    session.connection.close();
  };
}

async function close(server: SMTPServer, { sessions }: Front): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(resolve));
  for (const session of sessions) {
    session.endedBy ??= 'shutdown';
    // Whoever has begun a message may end it; the next command hears 421 from smtp-server itself.
    const { _dataStream: data } = session.connection;
    if (!data) session.connection.send(421, 'Server shutting down');
  }
  await closed;
  for (const { connection } of sessions) {
    const { _socket: socket } = connection;
    socket.destroy();
  }
  await sessions.gone();
}
