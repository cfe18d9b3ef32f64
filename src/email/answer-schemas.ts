import { Buffer } from 'node:buffer';
import * as z from 'zod';

import type { Accept, Continue, Defer, Discard, Noting, Quarantine, Reject } from './answers.ts';
import { lineOfText, spanMs } from './fields.ts';
import type { Of, Shape } from './shape.ts';

/** A strict schema: a field that an answer must not have is a mistake of the plugin, and is heard of. */
type Strict<T> = z.ZodObject<Shape<T>, z.core.$strict>;

/** `550 `, `5.123.123 ` and the line end take the rest of the 512 bytes. */
const maxTextBytes = 496;

const text: Of<string> = lineOfText.refine(
  (line) => Buffer.byteLength(line) <= maxTextBytes,
  `is over ${maxTextBytes} bytes`,
);

/** The schema of `notes`, which any answer may have. */
export const noting: Shape<Noting> = {
  notes: z.partialRecord(z.enum(['session', 'transaction']), z.record(z.string(), z.unknown())).optional(),
};

/** The schemas of answers that are the same in every hook. */
export const proceedAnswer: Strict<Continue> = z.strictObject({
  ...noting,
  action: z.literal('continue'),
} satisfies Shape<Continue>);

export const acceptAnswer: Strict<Accept> = z.strictObject({
  ...noting,
  action: z.literal('accept'),
} satisfies Shape<Accept>);

export const rejectAnswer: Strict<Reject> = z.strictObject({
  ...noting,
  action: z.literal('reject'),
  code: z.int().min(500).max(559).optional(),
  enhanced: statusOf(5),
  text: text.optional(),
  disconnect: z.boolean().optional(),
} satisfies Shape<Reject>);

export const deferAnswer: Strict<Defer> = z.strictObject({
  ...noting,
  action: z.literal('defer'),
  code: z.int().min(400).max(459).optional(),
  enhanced: statusOf(4),
  text: text.optional(),
  disconnect: z.boolean().optional(),
  retryAfterMs: spanMs.optional(),
} satisfies Shape<Defer>);

export const discardAnswer: Strict<Discard> = z.strictObject({
  ...noting,
  action: z.literal('discard'),
  reason: lineOfText,
} satisfies Shape<Discard>);

export const quarantineAnswer: Strict<Quarantine> = z.strictObject({
  ...noting,
  action: z.literal('quarantine'),
  reason: lineOfText,
  store: lineOfText.optional(),
} satisfies Shape<Quarantine>);

/** An enhanced status of one class: what RFC 3463 §2 allows. */
function statusOf(digit: 4 | 5): Of<string | undefined> {
  return z
    .string()
    .regex(
      new RegExp(`^${digit}\\.\\d{1,3}\\.\\d{1,3}$`),
      `must be a status of class ${digit}, such as ${digit}.7.1`,
    )
    .optional();
}
