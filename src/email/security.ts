import * as z from 'zod';

import { mailAddrSchema, type MailAddr } from './address.ts';
import { noting } from './answer-schemas.ts';
import type { Accept, Continue, Defer, Reject } from './answers.ts';
import { count, hostname, spanMs } from './fields.ts';
import { sessionContext, type SessionContext } from './session.ts';
import type { Of, Shape } from './shape.ts';

/** What a limit is about. `auth` counts failed log-ins, `volume` bytes. */
export type RateLimitScope = 'connection' | 'message' | 'recipient' | 'auth' | 'volume';

/** Something that may be limited is about to happen. */
export interface RateLimitRequest extends SessionContext {
  readonly scope: RateLimitScope;
  /** Whom the limit holds for: an address of a client, a sender, a user. */
  readonly key: string;
  /** How much of the limit it takes: 1, or bytes. */
  readonly cost: number;
}

/** Within the limit. */
export interface WithinLimit extends Continue {
  /** How much is left. */
  readonly remaining?: number | undefined;
  /** When all of it is there again. */
  readonly resetMs?: number | undefined;
}

/** What may be answered to `security.rateLimitCheck`; `accept` is the allow list, before which no limit counts. */
export type RateLimitAnswer = WithinLimit | Accept | Reject | Defer;

/** A sender that may be new is about to be served. */
export interface GreylistRequest extends SessionContext {
  readonly sender: MailAddr;
  readonly recipient: MailAddr;
  /** The client: its network (/24, /64), or a name. */
  readonly clientKey: string;
}

/** What may be answered to `security.greylistCheck` (RFC 6647); any `accept` wins. */
export type GreylistAnswer = Continue | Accept | Defer;

/** Who is the other side, by reputation (RFC 5782, 7070 to 7073). */
export interface ReputationRequest extends SessionContext {
  /** What is looked up: the client's address, or `domain` as the name of this. */
  readonly subject: 'ip' | 'helo' | 'mailfrom' | 'from';
  readonly domain?: string | undefined;
}

/** A score: higher is worse, 0 says nothing. */
export interface Scored extends Continue {
  readonly score?: number | undefined;
}

/** What may be answered to `security.reputationCheck`. */
export type ReputationAnswer = Scored | Reject | Defer;

export const rateLimitRequest: Of<RateLimitRequest> = z.object({
  ...sessionContext,
  scope: z.enum(['connection', 'message', 'recipient', 'auth', 'volume']),
  key: z.string().max(1000),
  cost: count,
} satisfies Shape<RateLimitRequest>);

export const withinLimit: z.ZodObject<Shape<WithinLimit>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('continue'),
  remaining: z.number().min(0).optional(),
  resetMs: spanMs.optional(),
} satisfies Shape<WithinLimit>);

export const greylistRequest: Of<GreylistRequest> = z.object({
  ...sessionContext,
  sender: mailAddrSchema,
  recipient: mailAddrSchema,
  clientKey: z.string().min(1).max(1000),
} satisfies Shape<GreylistRequest>);

export const reputationRequest: Of<ReputationRequest> = z.object({
  ...sessionContext,
  subject: z.enum(['ip', 'helo', 'mailfrom', 'from']),
  domain: hostname.optional(),
} satisfies Shape<ReputationRequest>);

export const scored: z.ZodObject<Shape<Scored>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('continue'),
  score: z.number().optional(),
} satisfies Shape<Scored>);
