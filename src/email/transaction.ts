import * as z from 'zod';

import { mailAddrSchema, type MailAddr } from './address.ts';
import { noting } from './answer-schemas.ts';
import type { Accept, Continue, Defer, Modify, Reject } from './answers.ts';
import { count, id, lineOfText } from './fields.ts';
import {
  sessionContext,
  transactionContext,
  type SessionContext,
  type TransactionContext,
} from './session.ts';
import type { Of, Shape } from './shape.ts';

/** MAIL FROM: a message begins. */
export interface MailFromRequest extends SessionContext {
  /** What the message is called from now on: `transaction.id` of the hooks that follow. */
  readonly transactionId: string;
  readonly sender: MailAddr;
  /** What the client says the message has, in bytes (RFC 1870). */
  readonly declaredSize?: number | undefined;
  /** The `BODY` parameter (RFC 6152, RFC 3030). */
  readonly body?: '7bit' | '8bitmime' | 'binarymime' | undefined;
  /** Whether addresses and headers may be in UTF-8 (RFC 6531). */
  readonly smtpUtf8: boolean;
  /** Whether it may only travel over TLS (RFC 8689). */
  readonly requireTls: boolean;
  /** What the sender wants to hear of its delivery (RFC 3461). */
  readonly dsn?: DsnRequest | undefined;
}

/** Parameters of MAIL FROM about delivery reports. */
export interface DsnRequest {
  /** How much of the message a report brings back. */
  readonly ret?: 'full' | 'hdrs' | undefined;
  /** What a report calls the message. */
  readonly envid?: string | undefined;
}

/** Another sender for the envelope. */
export interface SenderPatch {
  readonly sender: MailAddr;
}

/** What may be answered to `transaction.mailFrom`. */
export type MailFromAnswer = Continue | Reject | Defer | Modify<SenderPatch>;

/** RCPT TO: asked for each recipient. Where nobody accepts it, it is refused: nothing is relayed by accident. */
export interface RcptToRequest extends TransactionContext {
  readonly recipient: MailAddr;
  /** Whoever else gets the message because of this recipient, such as the members of a list. */
  readonly alsoTo?: readonly MailAddr[] | undefined;
  /** Which RCPT TO of the transaction, from 0. */
  readonly index: number;
  /** How many recipients were taken before. */
  readonly acceptedCount: number;
  /** When the sender wants a report (RFC 3461). */
  readonly notify?: readonly ('never' | 'success' | 'failure' | 'delay')[] | undefined;
  /** The recipient as the sender first wrote it (RFC 3461). */
  readonly orcpt?: string | undefined;
}

/** Another recipient, or more of them. */
export interface RecipientPatch {
  readonly recipient?: MailAddr | undefined;
  /** Added to what plugins before added. */
  readonly alsoTo?: readonly MailAddr[] | undefined;
}

/** What may be answered to `transaction.rcptTo`; `accept` says that it is ours, or may be relayed. */
export type RcptToAnswer = Continue | Accept | Reject | Defer | Modify<RecipientPatch>;

/** DATA, before the client is told to go ahead. */
export interface DataRequest extends TransactionContext {
  readonly recipients: readonly MailAddr[];
  /** Whether the message comes with BDAT (RFC 3030). */
  readonly chunking: boolean;
}

/** What may be answered to `transaction.data`. */
export type DataAnswer = Continue | Reject | Defer;

/** A transaction is over, well or not: whoever keeps something of it can let go. */
export interface ResetRequest extends TransactionContext {
  /** `done`: the message was taken. `hello`: EHLO, HELO or STARTTLS came in between. */
  readonly reason: 'done' | 'refused' | 'rset' | 'hello' | 'disconnect';
}

const dsn: Of<DsnRequest> = z.object({
  ret: z.enum(['full', 'hdrs']).optional(),
  envid: lineOfText.optional(),
} satisfies Shape<DsnRequest>);

export const mailFromRequest: Of<MailFromRequest> = z.object({
  ...sessionContext,
  transactionId: id,
  sender: mailAddrSchema,
  declaredSize: count.optional(),
  body: z.enum(['7bit', '8bitmime', 'binarymime']).optional(),
  smtpUtf8: z.boolean(),
  requireTls: z.boolean(),
  dsn: dsn.optional(),
} satisfies Shape<MailFromRequest>);

export const senderAnswer: z.ZodObject<Shape<Modify<SenderPatch>>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('modify'),
  sender: mailAddrSchema,
} satisfies Shape<Modify<SenderPatch>>);

const addresses = z.array(mailAddrSchema);

export const rcptToRequest: Of<RcptToRequest> = z.object({
  ...transactionContext,
  recipient: mailAddrSchema,
  alsoTo: addresses.optional(),
  index: count,
  acceptedCount: count,
  notify: z.array(z.enum(['never', 'success', 'failure', 'delay'])).optional(),
  orcpt: lineOfText.optional(),
} satisfies Shape<RcptToRequest>);

export const recipientAnswer: z.ZodObject<Shape<Modify<RecipientPatch>>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('modify'),
  recipient: mailAddrSchema.optional(),
  alsoTo: addresses.max(10_000).optional(),
} satisfies Shape<Modify<RecipientPatch>>);

export const dataRequest: Of<DataRequest> = z.object({
  ...transactionContext,
  recipients: addresses,
  chunking: z.boolean(),
} satisfies Shape<DataRequest>);

export const resetRequest: Of<ResetRequest> = z.object({
  ...transactionContext,
  reason: z.enum(['done', 'refused', 'rset', 'hello', 'disconnect']),
} satisfies Shape<ResetRequest>);
