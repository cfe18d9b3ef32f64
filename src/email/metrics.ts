import * as z from 'zod';

import type { RunnableHook } from '../hooks/combining.ts';
import { hook } from '../hooks/define.ts';
import { proceedAnswer } from './answer-schemas.ts';
import type { Continue } from './answers.ts';
import type { Of, Shape } from './shape.ts';

const events = [
  'session.opened',
  'session.closed',
  'auth.succeeded',
  'auth.failed',
  'recipient.accepted',
  'recipient.refused',
  'message.accepted',
  'message.refused',
  'message.deferred',
  'message.quarantined',
  'message.discarded',
  'queue.changed',
  'delivery.succeeded',
  'delivery.deferred',
  'delivery.failed',
] as const;

/** What a mail server counts. */
export type MailEvent = (typeof events)[number];

/** Something that is counted has happened. */
export interface MetricsRequest {
  readonly event: MailEvent;
  /** Of few values each, such as `{ stage: 'rcptTo' }`; never an address. */
  readonly labels: Readonly<Record<string, string>>;
  /** With the unit in their names, such as `{ bytes: 1200, durationMs: 8 }`. */
  readonly values: Readonly<Record<string, number>>;
}

/** The hook of those who count. */
export interface MetricsHooks {
  readonly 'metrics.metricsCollect': RunnableHook<MetricsRequest, Continue, undefined>;
}

const metricsRequest: Of<MetricsRequest> = z.object({
  event: z.enum(events),
  labels: z.record(z.string(), z.string()),
  values: z.record(z.string(), z.number()),
} satisfies Shape<MetricsRequest>);

export const metricsHooks: MetricsHooks = {
  'metrics.metricsCollect': hook<MetricsRequest, Continue>({
    request: metricsRequest,
    response: proceedAnswer,
    combine: 'observe',
  }),
};
