import * as z from 'zod';

import { mailAddrSchema, type MailAddr } from './address.ts';
import { noting } from './answer-schemas.ts';
import type { Accept, Continue, Defer, Discard, Modify, Quarantine, Reject } from './answers.ts';
import { count, lineOfText } from './fields.ts';
import type { HeaderPatch } from './header-patch.ts';
import { headerList, type Header } from './header.ts';
import { messageRef, type MessageRef } from './message-ref.ts';
import { transactionContext, type TransactionContext } from './session.ts';
import type { Of, Shape } from './shape.ts';

/** The header of a message has arrived. */
export interface HeadersRequest extends TransactionContext {
  /** In the order of the message; RFC 5322 §3.6. */
  readonly headers: readonly Header[];
  readonly headerBytes: number;
}

/** What may be answered to `message.headers`. */
export type HeadersAnswer = Continue | Reject | Defer | Quarantine | Modify<HeaderPatch>;

/** One part of a message's body: each leaf of its MIME tree, one after the other. */
export interface BodyRequest extends TransactionContext {
  readonly part: BodyPart;
  /** Which part, from 0. */
  readonly partIndex: number;
}

/** A leaf of a MIME tree (RFC 2046). */
export interface BodyPart {
  /** Where in the tree, such as `1.2`; `1` for a message that is not multipart. */
  readonly path: string;
  /** As the sender says, without parameters, in lower case. */
  readonly contentType: string;
  /** As the sender calls it (RFC 2183). Its text is untrusted. */
  readonly filename?: string | undefined;
  /** Decoded, in bytes. */
  readonly size: number;
  /** Decoded. */
  readonly content: MessageRef;
  /** What stands in its place since a plugin changed it. */
  readonly replacement?: PartReplacement | undefined;
}

/** What takes the place of a part. */
export interface PartReplacement {
  /** Such as `text/plain; charset=utf-8`. */
  readonly contentType: string;
  /** '' together with `text/plain` removes the part. */
  readonly text: string;
}

/** Another content for the part, such as a note about an attachment that was taken out. */
export interface PartPatch {
  readonly replacement: PartReplacement;
}

/** What may be answered to `message.body`. */
export type BodyAnswer = Continue | Reject | Defer | Quarantine | Modify<PartPatch>;

/** What every hook about a whole message is told. */
export interface MessageContext extends TransactionContext {
  readonly message: MessageRef;
  /** As plugins before have left it; the message itself is as it arrived. */
  readonly headers: readonly Header[];
}

/** The whole message is there, and the client waits for the last word: after it the message is this side's. */
export interface MessageCompleteRequest extends MessageContext {
  readonly recipients: readonly MailAddr[];
  readonly lines: number;
}

/** What may be answered to `message.messageComplete`. */
export type MessageCompleteAnswer =
  | Continue
  | Accept
  | Reject
  | Defer
  | Discard
  | Quarantine
  | Modify<HeaderPatch>;

export const headersRequest: Of<HeadersRequest> = z.object({
  ...transactionContext,
  headers: headerList,
  headerBytes: count,
} satisfies Shape<HeadersRequest>);

const replacement: Of<PartReplacement> = z.strictObject({
  contentType: lineOfText,
  text: z.string().max(1_000_000),
} satisfies Shape<PartReplacement>);

const part: Of<BodyPart> = z.object({
  path: z.string().regex(/^\d+(?:\.\d+)*$/),
  contentType: lineOfText,
  filename: z.string().max(1000).optional(),
  size: count,
  content: messageRef,
  replacement: replacement.optional(),
} satisfies Shape<BodyPart>);

export const bodyRequest: Of<BodyRequest> = z.object({
  ...transactionContext,
  part,
  partIndex: count,
} satisfies Shape<BodyRequest>);

export const partAnswer: z.ZodObject<Shape<Modify<PartPatch>>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('modify'),
  replacement,
} satisfies Shape<Modify<PartPatch>>);

/** The schemas of `MessageContext`. */
export const messageContext: Shape<MessageContext> = {
  ...transactionContext,
  message: messageRef,
  headers: headerList,
};

export const messageCompleteRequest: Of<MessageCompleteRequest> = z.object({
  ...messageContext,
  recipients: z.array(mailAddrSchema),
  lines: count,
} satisfies Shape<MessageCompleteRequest>);
