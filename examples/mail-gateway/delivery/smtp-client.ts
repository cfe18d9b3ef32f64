import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { NodemailerError } from 'nodemailer';
import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import type { QueuedRecipient } from '../queue/envelope.ts';
import type { Reply } from '../queue/journal-entry.ts';
import { parseReply, replyOfError } from './reply.ts';
import type { Route, TlsPolicy } from './route.ts';
import type { Target } from './targets.ts';

/** One SMTP transaction: a sender, some recipients, a message. */
export interface Shipment {
  readonly sender: string;
  /** By their place in the envelope. All have the same `notify` and `orcpt`; over LMTP there is one. */
  readonly recipients: readonly { readonly index: number; readonly recipient: QueuedRecipient }[];
  readonly dsn?:
    | { readonly ret?: 'FULL' | 'HDRS' | undefined; readonly envid?: string | undefined }
    | undefined;
  readonly sizeBytes: number;
  readonly requireTls: boolean;
  readonly message: () => Readable;
  /** Runs at once when the peer has said 250, before anything else happens. */
  readonly onDelivered: (indexes: number[], reply: Reply, tls: TlsFacts | undefined) => void;
}

export interface TlsFacts {
  readonly protocol: string;
  readonly cipher: string;
}

/** A recipient that did not get it, and what was said. */
export interface Refused {
  readonly index: number;
  readonly reply: Reply;
}

export interface ClientOptions {
  readonly target: Target;
  readonly port: number;
  readonly by: 'smtp' | 'lmtp';
  readonly tls: TlsPolicy;
  readonly login?: Extract<Route, { by: 'smtp' | 'lmtp' }>['login'];
  /** What this side calls itself. */
  readonly name: string;
  /** From which of this machine's addresses. */
  readonly bind?: string | undefined;
}

const times = {
  connectionTimeout: 30_000,
  greetingTimeout: 60_000,
  socketTimeout: 600_000,
  socketCloseTimeout: 2000,
};

/** A session with another mail server, over nodemailer's SMTP connection. */
export class SmtpClient {
  readonly #connection: SMTPConnection;
  #failed: ((error: NodemailerError) => void) | undefined;

  private constructor(options: ClientOptions) {
    this.#connection = new SMTPConnection(connectionOptions(options));
    // Nobody may be asking when a connection breaks; unheard it would end this process.
    this.#connection.on('error', (error: NodemailerError) => this.#failed?.(error));
  }

  /**
   * Connects, greets, secures and logs in.
   * @throws {NodemailerError} why that did not work; another host may do.
   */
  static async open(options: ClientOptions): Promise<SmtpClient> {
    const client = new SmtpClient(options);
    try {
      await client.#ask((done) => client.#connection.connect(done));
      const { login } = options;
      if (login !== undefined) {
        await client.#ask((done) =>
          client.#connection.login({ user: login.user, pass: login.password }, done),
        );
      }
      return client;
    } catch (error) {
      client.#connection.close();
      throw error;
    }
  }

  /** Who did not get it. Never rejects: a connection that breaks is a reply of its own. */
  async send(shipment: Shipment): Promise<Refused[]> {
    try {
      return await this.#ship(shipment);
    } catch (error) {
      const problem = error as NodemailerError;
      const replies = refusalsIn(problem, shipment);
      return shipment.recipients.map(({ index }) => ({
        index,
        reply: replies.get(index) ?? replyOfError(problem),
      }));
    }
  }

  /** Says goodbye. */
  quit(): void {
    this.#connection.quit();
  }

  async #ship(shipment: Shipment): Promise<Refused[]> {
    let refused: Refused[] = [];
    await this.#ask((done) =>
      this.#connection.send(envelopeOf(shipment), shipment.message(), (error, info) => {
        if (error) return done(error);
        const replies = refusalsIn(info, shipment);
        refused = Array.from(replies, ([index, reply]) => ({ index, reply }));
        const delivered = shipment.recipients
          .map(({ index }) => index)
          .filter((index) => !replies.has(index));
        try {
          if (delivered.length > 0) shipment.onDelivered(delivered, parseReply(info.response), this.#tls());
          done();
        } catch (problem) {
          done(problem as NodemailerError); // thrown further it would reach nobody
        }
      }),
    );
    return refused;
  }

  #tls(): TlsFacts | undefined {
    const { _socket: socket } = this.#connection;
    if (!(socket instanceof TLSSocket)) return undefined;
    return { protocol: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name };
  }

  #ask(question: (done: (error?: NodemailerError | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#failed = reject;
      question((error) => (error ? reject(error) : resolve()));
    });
  }
}

function connectionOptions({ target, port, by, tls, name, bind }: ClientOptions): SMTPConnectionOptions {
  return {
    ...times,
    host: target.ip,
    port,
    name,
    lmtp: by === 'lmtp',
    secure: tls === 'now',
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'none',
    opportunisticTLS: tls === 'try',
    allowInternalNetworkInterfaces: true,
    // A mail server's certificate proves nothing where TLS is only tried (RFC 7435).
    tls: { rejectUnauthorized: tls === 'required' || tls === 'now' },
    ...(isIP(target.host) === 0 && { servername: target.host }),
    ...(bind !== undefined && { localAddress: bind }),
  };
}

function envelopeOf({ sender, recipients, dsn, sizeBytes, requireTls }: Shipment) {
  const [first] = recipients;
  return {
    from: sender === '' ? (false as const) : sender,
    to: recipients.map(({ recipient }) => recipient.address),
    size: sizeBytes,
    use8BitMime: true,
    requireTLSExtensionEnabled: requireTls,
    dsn: {
      ret: dsn?.ret,
      envid: dsn?.envid,
      notify: first?.recipient.notify,
      orcpt: first?.recipient.orcpt,
    },
  };
}

/** Which recipients were refused by name. */
function refusalsIn(
  from: { rejectedErrors?: NodemailerError[] | undefined },
  { recipients }: Shipment,
): Map<number, Reply> {
  return new Map(
    (from.rejectedErrors ?? []).flatMap((error) =>
      recipients
        .filter(({ recipient }) => recipient.address === error.recipient)
        .map(({ index }): [number, Reply] => [index, replyOfError(error)]),
    ),
  );
}
