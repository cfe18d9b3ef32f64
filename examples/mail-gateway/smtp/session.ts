import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { openScope, type RunOptions, type Scope } from 'plugboard';
import type {
  AuthInfo,
  DisconnectRequest,
  EmailHooks,
  MailSession,
  MailTransaction,
  Peer,
  TlsInfo,
} from 'plugboard/email';
import type { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import type { Transaction } from './transaction.ts';

/** A connected client. */
export class Session {
  readonly connection: SMTPConnection;
  readonly startedAtMs: number;
  /** The W3C trace context that all its hooks, and those of its mail's delivery, belong to. */
  readonly traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
  /** Facts and notes of its hooks live here. */
  scope: Scope<EmailHooks> = openScope('session');
  transaction: Transaction | undefined;
  tls: TlsInfo | undefined;
  auth: AuthInfo | undefined;
  authAttempts = 0;
  /** How many messages were taken. */
  messages = 0;
  /** How it ended, if this side knows better than that the client is gone. */
  endedBy: DisconnectRequest['reason'] | undefined;
  readonly #gone = new AbortController();

  constructor(connection: SMTPConnection, startedAtMs: number) {
    this.connection = connection;
    this.startedAtMs = startedAtMs;
  }

  get id(): string {
    return this.connection.id;
  }

  get ip(): string {
    return this.connection.remoteAddress;
  }

  /** Aborts when the client is gone. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  end(): void {
    this.#gone.abort();
  }

  /** How hooks of the session are run; those of a transaction see that too. */
  get running(): RunOptions {
    const { signal, traceparent } = this;
    return { within: this.transaction?.scope ?? this.scope, signal, traceparent };
  }

  /** What hooks of the session are told. */
  get context(): { readonly session: MailSession } {
    const { connection, tls, auth } = this;
    const helo = connection.hostNameAppearsAs;
    const session = {
      id: this.id,
      remote: peer(connection.remoteAddress, connection.remotePort, connection.clientHostname),
      local: peer(connection.localAddress, connection.localPort, false),
      startedAtMs: this.startedAtMs,
      ...(helo !== false && { helo }),
      ...(tls && { tls }),
      ...(auth && { auth }),
    };
    return { session };
  }

  /** What hooks of a transaction are told. */
  contextOf({ id, sender }: Transaction): {
    readonly session: MailSession;
    readonly transaction: MailTransaction;
  } {
    return { ...this.context, transaction: { id, sender } };
  }
}

function peer(ip: string, port: number, name: string | false): Peer {
  const isName = name !== false && name !== '' && !name.startsWith('[');
  return { ip, port: port || 0, family: isIPv6(ip) ? 6 : 4, ...(isName && { ptr: name }) };
}
