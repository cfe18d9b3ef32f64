import * as z from 'zod';

import { mailAddrSchema, type MailAddr } from './address.ts';
import type { Continue, Defer, Quarantine, Reject } from './answers.ts';
import { count, hostname, ip } from './fields.ts';
import {
  arcFact,
  dkimFact,
  spfFact,
  type ArcFact,
  type DkimFact,
  type DmarcFact,
  type SpfFact,
} from './authn-facts.ts';
import { messageRef, type MessageRef } from './message-ref.ts';
import { transactionContext, type TransactionContext } from './session.ts';
import type { Of, Shape } from './shape.ts';

/** May this client send for this domain? (RFC 7208) */
export interface SpfRequest extends TransactionContext {
  /** Which name is checked. A null sender is checked by its HELO name. */
  readonly identity: 'mailfrom' | 'helo';
  readonly sender: MailAddr;
  readonly helo: string;
  readonly ip: string;
}

/** What may be answered to `authn.spfCheck`; a refusal is for hosts that do not leave it to DMARC. */
export type SpfAnswer =
  | (Continue & { readonly spf: SpfFact })
  | (Reject & { readonly spf?: SpfFact | undefined })
  | (Defer & { readonly spf?: SpfFact | undefined });

/** Which signatures hold? (RFC 6376, 8301, 8463) */
export interface DkimRequest extends TransactionContext {
  readonly message: MessageRef;
  /** The shortest RSA key that counts, in bits. RFC 8301 wants 1024. */
  readonly minBits: number;
}

/** What may be answered to `authn.dkimVerify`. */
export type DkimAnswer =
  | (Continue & { readonly dkim: DkimFact })
  | (Reject & { readonly dkim?: DkimFact | undefined });

/** Which servers handed it on, and does their chain hold? (RFC 8617) */
export interface ArcRequest extends TransactionContext {
  readonly message: MessageRef;
  readonly minBits: number;
}

/** What may be answered to `authn.arcVerify`; a broken chain is no reason to refuse (RFC 8617 §5.2.2). */
export type ArcAnswer = Continue & { readonly arc: ArcFact };

/** What does the domain of From want done, given what was found? (RFC 9989) */
export interface DmarcRequest extends TransactionContext {
  readonly fromDomain: string;
  readonly spf: SpfFact;
  readonly dkim: DkimFact;
  readonly arc?: ArcFact | undefined;
}

/** What may be answered to `authn.dmarcCheck`; a trusted ARC chain may stand against what the policy asks for. */
export type DmarcAnswer =
  | (Continue & { readonly dmarc: DmarcFact })
  | (Reject & { readonly dmarc?: DmarcFact | undefined })
  | (Quarantine & { readonly dmarc?: DmarcFact | undefined })
  | (Defer & { readonly dmarc?: DmarcFact | undefined });

export const spfRequest: Of<SpfRequest> = z.object({
  ...transactionContext,
  identity: z.enum(['mailfrom', 'helo']),
  sender: mailAddrSchema,
  helo: hostname,
  ip,
} satisfies Shape<SpfRequest>);

const signedMessage: Shape<DkimRequest> = { ...transactionContext, message: messageRef, minBits: count };

export const dkimRequest: Of<DkimRequest> = z.object(signedMessage);

export const arcRequest: Of<ArcRequest> = z.object(signedMessage);

export const dmarcRequest: Of<DmarcRequest> = z.object({
  ...transactionContext,
  fromDomain: hostname,
  spf: spfFact,
  dkim: dkimFact,
  arc: arcFact.optional(),
} satisfies Shape<DmarcRequest>);
