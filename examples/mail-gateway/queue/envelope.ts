import { z } from 'zod';

/** What goes first. */
export const priorities = ['critical', 'high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

const recipient = z.object({
  address: z.string(),
  /** RFC 3461: when the sender wants to hear of it; without it on failure. */
  notify: z.array(z.enum(['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'])).optional(),
  /** RFC 3461: the address that the sender knows, `rfc822;ada@example.org`. */
  orcpt: z.string().optional(),
});

const trace = z.object({
  sessionId: z.string(),
  transactionId: z.string(),
  clientIp: z.string().optional(),
  helo: z.string().optional(),
  traceparent: z.string().optional(),
});

/** One accepted mail. Written once, before the 250, and never changed; what becomes of it is in its journal. */
export const envelopeSchema = z.object({
  queueId: z.string(),
  /** Empty for the null sender of a report. */
  sender: z.string(),
  recipients: z.array(recipient).min(1),
  priority: z.enum(priorities),
  sizeBytes: z.number(),
  /** Milliseconds since 1970, as every time of day here. */
  receivedAt: z.number(),
  expiresAt: z.number(),
  holdUntil: z.number().optional(),
  /** Where to, instead of what configuration and DNS say. */
  route: z.object({ host: z.string(), port: z.number(), protocol: z.enum(['smtp', 'lmtp']) }).optional(),
  requireTls: z.boolean().optional(),
  dsn: z.object({ ret: z.enum(['FULL', 'HDRS']).optional(), envid: z.string().optional() }).optional(),
  trace,
  /** Of a report: the mail it is about, and the first recipient that it names. */
  reportOf: z.object({ queueId: z.string(), recipient: z.number() }).optional(),
});

export type Envelope = Readonly<z.output<typeof envelopeSchema>>;
export type QueuedRecipient = Envelope['recipients'][number];
