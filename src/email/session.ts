import * as z from 'zod';

import { mailAddrSchema, type MailAddr } from './address.ts';
import { atMs, hostname, id, ip, lineOfText, port } from './fields.ts';
import type { Of, Shape } from './shape.ts';

/** One end of a connection. */
export interface Peer {
  /** Without brackets and zone. */
  readonly ip: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** The name that the address points to and that points back, if it was looked up. */
  readonly ptr?: string | undefined;
}

/** What protects a connection. */
export interface TlsInfo {
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
  /** The name that the client asked for. */
  readonly sni?: string | undefined;
}

/** Who has logged in. */
export interface AuthInfo {
  readonly user: string;
  /** Such as `PLAIN`. */
  readonly mechanism: string;
}

/** An SMTP session: from the connection to its end. */
export interface MailSession {
  readonly id: string;
  readonly remote: Peer;
  readonly local?: Peer | undefined;
  /** What the client calls itself, once it has said so. */
  readonly helo?: string | undefined;
  readonly tls?: TlsInfo | undefined;
  readonly auth?: AuthInfo | undefined;
  /** Since when, in milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** One message of a session: from MAIL FROM to its end. */
export interface MailTransaction {
  readonly id: string;
  readonly sender: MailAddr;
}

/** What every hook of a session is told. */
export interface SessionContext {
  readonly session: MailSession;
}

/** What every hook of a transaction is told. */
export interface TransactionContext extends SessionContext {
  readonly transaction: MailTransaction;
}

const peer: Of<Peer> = z.object({
  ip,
  port,
  family: z.literal([4, 6]),
  ptr: hostname.optional(),
} satisfies Shape<Peer>);

/** The schema of `TlsInfo`. */
export const tlsInfo: Of<TlsInfo> = z.object({
  protocol: lineOfText,
  cipher: lineOfText,
  sni: hostname.optional(),
} satisfies Shape<TlsInfo>);

const authInfo: Of<AuthInfo> = z.object({
  user: lineOfText,
  mechanism: lineOfText,
} satisfies Shape<AuthInfo>);

const session: Of<MailSession> = z.object({
  id,
  remote: peer,
  local: peer.optional(),
  helo: hostname.optional(),
  tls: tlsInfo.optional(),
  auth: authInfo.optional(),
  startedAtMs: atMs,
} satisfies Shape<MailSession>);

const transaction: Of<MailTransaction> = z.object({
  id,
  sender: mailAddrSchema,
} satisfies Shape<MailTransaction>);

/** The schemas of `SessionContext`. */
export const sessionContext: Shape<SessionContext> = { session };

/** The schemas of `TransactionContext`. */
export const transactionContext: Shape<TransactionContext> = { session, transaction };
