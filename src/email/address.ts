import * as z from 'zod';

import type { Of, Shape } from './shape.ts';

/** An address of an envelope (RFC 5321 §4.1.2). */
export interface MailAddr {
  /** As it was given, without angle brackets; '' is the null sender. */
  readonly address: string;
  /** Before the last `@`, as given: its case belongs to the domain's owner. */
  readonly local: string;
  /** After the last `@`, in lower case; '' where there is none. */
  readonly domain: string;
  /** What stood behind the address, such as `SIZE=1000`; upper-case names, `true` for one without a value. */
  readonly params?: Readonly<Record<string, string | true>> | undefined;
}

/** RFC 6532 lets U+0080 to U+009F stand in an address. */
const unspeakable = /[<>]|(?![\u0080-\u009f])\p{Cc}/u;
const part: Of<string> = z
  .string()
  .max(512)
  .refine((text) => !unspeakable.test(text), 'must have no control characters and no angle brackets');

/** The schema of `MailAddr`. */
export const mailAddrSchema: Of<MailAddr> = z.object({
  address: part,
  local: part,
  domain: part,
  params: z.record(z.string(), z.union([z.string(), z.literal(true)])).optional(),
} satisfies Shape<MailAddr>);

/** The parts of an address: `mailAddr('Ada@Example.org')` has the domain `example.org`. It checks nothing. */
export function mailAddr(address: string, params?: MailAddr['params']): MailAddr {
  const at = address.lastIndexOf('@');
  const local = at === -1 ? address : address.slice(0, at);
  const domain = at === -1 ? '' : address.slice(at + 1).toLowerCase();
  return { address, local, domain, ...(params && { params }) };
}
