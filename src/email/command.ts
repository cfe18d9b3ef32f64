import * as z from 'zod';

import { noting } from './answer-schemas.ts';
import type { Accept, Continue, Defer, Modify, Reject } from './answers.ts';
import { attempt, hostname, lineOfText } from './fields.ts';
import { sessionContext, type SessionContext } from './session.ts';
import type { Of, Shape } from './shape.ts';

/** HELO: the client says who it is. A name that does not fit its address is no reason to refuse (RFC 5321 §4.1.4). */
export interface HeloRequest extends SessionContext {
  /** As given. */
  readonly hostname: string;
  /** Whether it is an address in brackets. */
  readonly isLiteral: boolean;
}

/** What may be answered to `command.helo`. */
export type HeloAnswer = Continue | Reject | Defer;

/** EHLO: as HELO, and this side is about to say what it can do. */
export interface EhloRequest extends HeloRequest {
  /** One for each line of the reply, such as `SIZE 52428800`. */
  readonly extensions: readonly string[];
}

/** Other extensions for the reply to EHLO. */
export interface ExtensionsPatch {
  readonly extensions: readonly string[];
}

/** What may be answered to `command.ehlo`. */
export type EhloAnswer = HeloAnswer | Modify<ExtensionsPatch>;

/** AUTH: who the client says it is, with the proof. Every plugin that answers this hook sees the password. */
export interface AuthRequest extends SessionContext {
  /** In upper case, such as `PLAIN`. */
  readonly mechanism: string;
  readonly username: string;
  /** The password, or the token of OAUTHBEARER and XOAUTH2. Keep it out of logs, errors and metrics. */
  readonly password: string;
  /** Which try of this session, from 1. */
  readonly attempt: number;
}

/** Logged in. */
export interface AuthAccept extends Accept {
  /** Whom the session acts for from now on. */
  readonly identity: string;
}

/** What may be answered to `command.auth`; `continue` says that the user is not known here. */
export type AuthAnswer = Continue | AuthAccept | Reject | Defer;

/** STARTTLS: before it is agreed to, and after the handshake. */
export interface StartTlsRequest extends SessionContext {
  readonly phase: 'before' | 'after';
  /** What follows is known only after. */
  readonly sni?: string | undefined;
  readonly protocol?: string | undefined;
  readonly cipher?: string | undefined;
  readonly peerCert?: PeerCertificate | undefined;
}

/** The certificate that a client showed. */
export interface PeerCertificate {
  readonly subject: string;
  /** SHA-256, in lower-case hexadecimal. */
  readonly fingerprint: string;
  /** Whether a trusted authority signed it. */
  readonly trusted: boolean;
}

/** What may be answered to `command.startTls`. */
export type StartTlsAnswer = Continue | Reject | Defer;

const heloShape: Shape<HeloRequest> = { ...sessionContext, hostname, isLiteral: z.boolean() };
// A line of the reply: RFC 5321 §4.1.1.1 allows printable characters.
const extension = z
  .string()
  .max(500)
  .regex(/^[A-Za-z0-9][!-~]*(?: [!-~]+)*$/, 'must be an EHLO line');

export const heloRequest: Of<HeloRequest> = z.object(heloShape);

export const ehloRequest: Of<EhloRequest> = z.object({
  ...heloShape,
  extensions: z.array(lineOfText),
} satisfies Shape<EhloRequest>);

export const extensionsAnswer: z.ZodObject<Shape<Modify<ExtensionsPatch>>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('modify'),
  extensions: z.array(extension).max(50),
} satisfies Shape<Modify<ExtensionsPatch>>);

export const authRequest: Of<AuthRequest> = z.object({
  ...sessionContext,
  mechanism: lineOfText,
  username: z.string().max(1000),
  password: z.string().max(16_384),
  attempt,
} satisfies Shape<AuthRequest>);

export const authAccept: z.ZodObject<Shape<AuthAccept>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('accept'),
  identity: lineOfText,
} satisfies Shape<AuthAccept>);

const peerCert: Of<PeerCertificate> = z.object({
  subject: z.string().max(4000),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  trusted: z.boolean(),
} satisfies Shape<PeerCertificate>);

export const startTlsRequest: Of<StartTlsRequest> = z.object({
  ...sessionContext,
  phase: z.enum(['before', 'after']),
  sni: hostname.optional(),
  protocol: lineOfText.optional(),
  cipher: lineOfText.optional(),
  peerCert: peerCert.optional(),
} satisfies Shape<StartTlsRequest>);
