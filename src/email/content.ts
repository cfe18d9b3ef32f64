import * as z from 'zod';

import { noting } from './answer-schemas.ts';
import type { Continue, Defer, Discard, Modify, Quarantine, Reject } from './answers.ts';
import { count, lineOfText } from './fields.ts';
import type { HeaderPatch } from './header-patch.ts';
import { messageContext, type MessageContext } from './message.ts';
import type { Of, Shape } from './shape.ts';

/** A message is about to be looked at for malware. */
export interface AntivirusRequest extends MessageContext {
  /** What is longer need not be read: a scanner says `continue`, or what its own rule for it is. */
  readonly maxBytes: number;
}

/** What was found; not `signature` alone, because a refusal's text need not tell it. */
export interface Infected {
  /** What the scanner calls it. */
  readonly signature?: string | undefined;
}

/** What may be answered to `content.antivirusScan`; the worst answer of all scanners wins. */
export type AntivirusAnswer = Continue | (Reject & Infected) | (Quarantine & Infected) | Discard | Defer;

/** A rule of a spam filter that a message met. */
export interface SpamSymbol {
  readonly name: string;
  readonly score: number;
  /** What the rule met, such as a domain. */
  readonly options?: readonly string[] | undefined;
}

/** What a spam filter makes of a message. */
export interface SpamScore {
  /** Higher is worse; may be below 0. The scores of all filters are summed. */
  readonly score?: number | undefined;
  readonly symbols?: readonly SpamSymbol[] | undefined;
}

/** What may be answered to `content.antispamScan`, and what the sum may come to. */
export type AntispamAnswer =
  | (Continue & SpamScore)
  | (Reject & SpamScore)
  | (Defer & SpamScore)
  | (Quarantine & SpamScore)
  | (Modify<HeaderPatch> & SpamScore);

/** A message is about to be held against a policy. */
export interface ContentFilterRequest extends MessageContext {
  /** Which policy, such as `inbound`. */
  readonly policy: string;
}

/** What may be answered to `content.contentFilter`. */
export type ContentFilterAnswer = Continue | Reject | Defer | Discard | Quarantine | Modify<HeaderPatch>;

export const antivirusRequest: Of<AntivirusRequest> = z.object({
  ...messageContext,
  maxBytes: count,
} satisfies Shape<AntivirusRequest>);

export const antispamRequest: Of<MessageContext> = z.object(messageContext);

export const contentFilterRequest: Of<ContentFilterRequest> = z.object({
  ...messageContext,
  policy: lineOfText,
} satisfies Shape<ContentFilterRequest>);

/** The schemas of `Infected`. */
export const infected: Shape<Infected> = { signature: lineOfText.optional() };

const symbol: Of<SpamSymbol> = z.strictObject({
  name: lineOfText,
  score: z.number(),
  options: z.array(z.string().max(1000)).max(100).optional(),
} satisfies Shape<SpamSymbol>);

/** The schemas of `SpamScore`. */
export const spamScore: Shape<SpamScore> = {
  score: z.number().optional(),
  symbols: z.array(symbol).max(1000).optional(),
};

/** A plain answer of a spam filter. */
export const spamContinue: z.ZodObject<Shape<Continue & SpamScore>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('continue'),
  ...spamScore,
} satisfies Shape<Continue & SpamScore>);
