import { z } from 'zod';

/** What a peer said, or what is said in its place. */
export const replySchema = z.object({ code: z.number(), enhanced: z.string(), text: z.string() });
export type Reply = Readonly<z.output<typeof replySchema>>;

/** Recipients are named by their place in the envelope. */
const recipients = z.array(z.number()).readonly();
const at = z.number();

/** What became of some recipients of a mail. */
export const journalEntrySchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('delivered'),
    at,
    recipients,
    host: z.string(),
    reply: replySchema,
    final: z.boolean(),
  }),
  z.object({
    state: z.literal('failed'),
    at,
    recipients,
    host: z.string().optional(),
    reply: replySchema,
    silent: z.boolean(),
  }),
  z.object({ state: z.literal('deferred'), at, recipients, reply: replySchema, nextAt: z.number() }),
  /** As `deferred`, but nothing was tried. */
  z.object({ state: z.literal('held'), at, recipients, nextAt: z.number() }),
  z.object({ state: z.literal('discarded'), at, recipients, by: z.string() }),
  /** The sender was told, or need not be. */
  z.object({ state: z.literal('reported'), at, recipients }),
]);

export type JournalEntry = Readonly<z.output<typeof journalEntrySchema>>;
