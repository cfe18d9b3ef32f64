import * as z from 'zod';

import { count, lineOfText } from './fields.ts';
import type { Of, Shape } from './shape.ts';

/** Results of RFC 7208 §2.6. */
export type SpfResult = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror';

/** What SPF says. */
export interface SpfFact {
  readonly result: SpfResult;
  /** The domain that was asked. */
  readonly domain?: string | undefined;
  /** In words; for a failure what the domain's owner says. */
  readonly comment?: string | undefined;
}

/** Results of RFC 8601 §2.7.1. mailauth calls a changed body `neutral`. */
export type DkimResult = 'pass' | 'fail' | 'neutral' | 'policy' | 'none' | 'temperror' | 'permerror';

/** One signature; the letters are those of its tags. */
export interface DkimSignature {
  readonly result: DkimResult;
  /** `d=`, the domain that signed. */
  readonly domain?: string | undefined;
  /** `s=` */
  readonly selector?: string | undefined;
  /** `i=` */
  readonly identity?: string | undefined;
  /** `a=`, such as `rsa-sha256`. */
  readonly algorithm?: string | undefined;
  readonly comment?: string | undefined;
}

/** What DKIM says: empty for a message that nobody signed. */
export interface DkimFact {
  readonly signatures: readonly DkimSignature[];
}

/** What ARC says. */
export interface ArcFact {
  readonly result: 'pass' | 'fail' | 'none' | 'temperror' | 'permerror';
  /** How many servers sealed it. */
  readonly instances: number;
  /** The domains of their seals, the last one first. */
  readonly sealers: readonly string[];
  readonly comment?: string | undefined;
}

/** What DMARC says. */
export interface DmarcFact {
  readonly result: 'pass' | 'fail' | 'none' | 'temperror' | 'permerror';
  /** What the domain wants done with a message that fails. */
  readonly policy: 'none' | 'quarantine' | 'reject';
  /** Which check held for the domain of From itself. */
  readonly alignment: { readonly spf: boolean; readonly dkim: boolean };
  /** The domain whose record it is. */
  readonly domain?: string | undefined;
  /** The record as it was published. */
  readonly record?: string | undefined;
  /** Why the policy is not followed, such as `trusted ARC chain`. */
  readonly override?: string | undefined;
}

const said = lineOfText.optional();
const weak = ['none', 'temperror', 'permerror'] as const;

/** The schema of `SpfFact`. */
export const spfFact: Of<SpfFact> = z.strictObject({
  result: z.enum(['pass', 'fail', 'softfail', 'neutral', ...weak]),
  domain: said,
  comment: said,
} satisfies Shape<SpfFact>);

const signature: Of<DkimSignature> = z.strictObject({
  result: z.enum(['pass', 'fail', 'neutral', 'policy', ...weak]),
  domain: said,
  selector: said,
  identity: said,
  algorithm: said,
  comment: said,
} satisfies Shape<DkimSignature>);

/** The schema of `DkimFact`. */
export const dkimFact: Of<DkimFact> = z.strictObject({
  signatures: z.array(signature).max(100),
} satisfies Shape<DkimFact>);

/** The schema of `ArcFact`. */
export const arcFact: Of<ArcFact> = z.strictObject({
  result: z.enum(['pass', 'fail', ...weak]),
  instances: count,
  sealers: z.array(lineOfText).max(100),
  comment: said,
} satisfies Shape<ArcFact>);

/** The schema of `DmarcFact`. */
export const dmarcFact: Of<DmarcFact> = z.strictObject({
  result: z.enum(['pass', 'fail', ...weak]),
  policy: z.enum(['none', 'quarantine', 'reject']),
  alignment: z.strictObject({ spf: z.boolean(), dkim: z.boolean() }),
  domain: said,
  record: said,
  override: said,
} satisfies Shape<DmarcFact>);
