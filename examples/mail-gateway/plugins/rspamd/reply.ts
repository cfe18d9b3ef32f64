import { z } from 'zod';

const header = z.union([
  z.string(),
  z.object({ value: z.string(), order: z.number().optional() }).transform(({ value }) => value),
]);

/** What Rspamd answers to /checkv2, as far as it is used here. */
export const replySchema = z.object({
  score: z.number().default(0),
  action: z.string(),
  symbols: z
    .record(
      z.string(),
      z.object({
        name: z.string(),
        score: z.number().default(0),
        options: z.array(z.coerce.string()).optional(),
      }),
    )
    .default({}),
  messages: z.object({ smtp_message: z.string().optional() }).default({}),
  subject: z.string().optional(),
  milter: z
    .object({
      add_headers: z.record(z.string(), z.union([header, z.array(header)])).default({}),
      remove_headers: z.record(z.string(), z.number()).default({}),
    })
    .prefault({}),
});

/** The same as a type. */
export type RspamdReply = z.output<typeof replySchema>;
