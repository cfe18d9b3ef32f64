import * as z from 'zod';

import { mailAddrSchema, type MailAddr } from './address.ts';
import { noting } from './answer-schemas.ts';
import type { Continue, Defer, Discard, Modify, Reject } from './answers.ts';
import { atMs, attempt, count, hostname, id, lineOfText, port, spanMs } from './fields.ts';
import { transactionContext, type TransactionContext } from './session.ts';
import type { Of, Shape } from './shape.ts';

/** How urgent a message is (RFC 6710 in four steps). */
export type QueuePriority = 'critical' | 'high' | 'normal' | 'low';

/** Where a message goes instead of where its domain's MX records say. */
export interface Route {
  /** A host's name or address. */
  readonly host: string;
  readonly port: number;
  readonly protocol: 'smtp' | 'lmtp';
}

/** A message is about to be queued; the client waits for the 250 still. */
export interface EnqueueRequest extends TransactionContext {
  readonly queueId: string;
  readonly priority: QueuePriority;
  readonly size: number;
  readonly recipientCount: number;
  readonly route?: Route | undefined;
  /** Not before, in milliseconds since 1970. */
  readonly holdUntilMs?: number | undefined;
}

/** What may be set when a message is queued. */
export interface EnqueuePatch {
  readonly priority?: QueuePriority | undefined;
  readonly route?: Route | undefined;
  readonly holdUntilMs?: number | undefined;
}

/** What may be answered to `queue.enqueue`. */
export type EnqueueAnswer = Continue | Reject | Defer | Modify<EnqueuePatch>;

/** What every hook about a queued message is told: its session is over. */
export interface QueueContext {
  readonly queueId: string;
  readonly sender: MailAddr;
  /** The session and the transaction that brought it. */
  readonly sessionId?: string | undefined;
  readonly transactionId?: string | undefined;
}

/** A message's turn has come. */
export interface DequeueRequest extends QueueContext {
  readonly ageMs: number;
  readonly attempt: number;
  readonly route?: Route | undefined;
}

/** Another route. */
export interface RoutePatch {
  readonly route: Route;
}

/** What may be answered to `queue.dequeue`. */
export type DequeueAnswer = Continue | Defer | Discard | Modify<RoutePatch>;

/** What another mail server said. */
export interface RemoteReply {
  /** 0 where none was said, as when the connection broke. */
  readonly code: number;
  readonly enhanced?: string | undefined;
  /** Untrusted. */
  readonly text: string;
}

/** A delivery did not work, and another try is planned. */
export interface QueueRetryRequest extends QueueContext {
  /** How many tries there were. */
  readonly attempt: number;
  readonly lastError: RemoteReply;
  readonly nextDelayMs: number;
  /** When it is given up, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** Another time for the next try. */
export interface DelayPatch {
  readonly nextDelayMs: number;
}

/** What may be answered to `queue.queueRetry`; `reject` gives it up now and tells the sender. */
export type QueueRetryAnswer = Continue | Reject | Discard | Modify<DelayPatch>;

const priority: Of<QueuePriority> = z.enum(['critical', 'high', 'normal', 'low']);

/** The schema of `Route`. */
export const route: Of<Route> = z.object({
  host: hostname,
  port,
  protocol: z.enum(['smtp', 'lmtp']),
} satisfies Shape<Route>);

export const enqueueRequest: Of<EnqueueRequest> = z.object({
  ...transactionContext,
  queueId: id,
  priority,
  size: count,
  recipientCount: count,
  route: route.optional(),
  holdUntilMs: atMs.optional(),
} satisfies Shape<EnqueueRequest>);

export const enqueuePatch: z.ZodObject<Shape<Modify<EnqueuePatch>>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('modify'),
  priority: priority.optional(),
  route: route.optional(),
  holdUntilMs: atMs.optional(),
} satisfies Shape<Modify<EnqueuePatch>>);

/** The schemas of `QueueContext`. */
export const queueContext: Shape<QueueContext> = {
  queueId: id,
  sender: mailAddrSchema,
  sessionId: id.optional(),
  transactionId: id.optional(),
};

export const dequeueRequest: Of<DequeueRequest> = z.object({
  ...queueContext,
  ageMs: spanMs,
  attempt,
  route: route.optional(),
} satisfies Shape<DequeueRequest>);

export const routeAnswer: z.ZodObject<Shape<Modify<RoutePatch>>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('modify'),
  route,
} satisfies Shape<Modify<RoutePatch>>);

/** The schemas of `RemoteReply`. */
export const remoteReply: Shape<RemoteReply> = {
  code: z.int().min(0).max(599),
  enhanced: lineOfText.optional(),
  text: z.string().max(10_000),
};

export const queueRetryRequest: Of<QueueRetryRequest> = z.object({
  ...queueContext,
  attempt,
  lastError: z.object(remoteReply),
  nextDelayMs: spanMs,
  expiresAtMs: atMs,
} satisfies Shape<QueueRetryRequest>);

export const delayAnswer: z.ZodObject<Shape<Modify<DelayPatch>>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('modify'),
  nextDelayMs: spanMs,
} satisfies Shape<Modify<DelayPatch>>);
