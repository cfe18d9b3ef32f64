import * as z from 'zod';

import type { Of, Shape } from './shape.ts';

/** One header field, in its place: name as written, value unfolded and without white space around it. */
export type Header = readonly [name: string, value: string];

/** Puts a field before all others (the place of trace fields, RFC 5321 §4.4) or, with `at: 'end'`, after them. */
export interface AddHeader {
  readonly op: 'add';
  readonly name: string;
  /** May be folded: CR LF and white space. */
  readonly value: string;
  /** Default: `start`. */
  readonly at?: 'start' | 'end' | undefined;
}

/** Gives a field another value: the first one of its name, or the nth. Without such a field it is added at the end. */
export interface ReplaceHeader {
  readonly op: 'replace';
  readonly name: string;
  readonly value: string;
  /** Which of those with this name, from 0. Default: 0. */
  readonly index?: number | undefined;
}

/** Takes away every field of a name, or the nth alone. */
export interface RemoveHeader {
  readonly op: 'remove';
  readonly name: string;
  /** Which of those with this name, from 0. Default: all. */
  readonly index?: number | undefined;
}

/** A change to a message's header. Names are compared without regard to case. */
export type HeaderOp = AddHeader | ReplaceHeader | RemoveHeader;

/** The schema of a header as it arrived; nothing is promised of it but its length. */
export const headerList: Of<readonly Header[]> = z.array(
  z.tuple([z.string().max(1000), z.string().max(1_000_000)]),
);

// RFC 5322 §2.2: printable characters but the colon. A line has at most 998 characters (§2.1.1).
const name: Of<string> = z
  .string()
  .max(76)
  .regex(/^[!-9;-~]+$/, "must be a header field's name");
const folded = /^(?:[\t\u0020-\u007e\u00a0-\u2027\u202a-\uffff]|\r\n[\t ]+(?=[^\s]))*$/;
const value: Of<string> = z
  .string()
  .max(65_536)
  .regex(folded, 'must have no control characters; a folded line begins with white space and is not empty')
  .refine((text) => text.split('\r\n').every((line) => line.length <= 900), 'has a line over 900 characters');
const index = z.int().min(0).optional();

/** The schema of the changes that an answer asks for. */
export const headerOps: Of<readonly HeaderOp[]> = z
  .array(
    z.discriminatedUnion('op', [
      z.strictObject({
        op: z.literal('add'),
        name,
        value,
        at: z.enum(['start', 'end']).optional(),
      } satisfies Shape<AddHeader>),
      z.strictObject({ op: z.literal('replace'), name, value, index } satisfies Shape<ReplaceHeader>),
      z.strictObject({ op: z.literal('remove'), name, index } satisfies Shape<RemoveHeader>),
    ]),
  )
  .max(200);
