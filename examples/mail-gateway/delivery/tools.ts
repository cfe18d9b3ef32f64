import type { Clock, Logger } from 'plugboard';
import { mailAddr, type MailAddr } from 'plugboard/email';
import { quietly, type Run } from '../hooks.ts';
import type { OpenMessages } from '../open-messages.ts';
import type { Reply } from '../queue/journal-entry.ts';
import type { Lease } from '../queue/lease.ts';
import type { Queue } from '../queue/queue.ts';
import type { RetrySettings } from '../queue/retry-delay.ts';
import type { Route } from './route.ts';
import type { Resolver } from './targets.ts';

/** What delivery works with. */
export interface DeliveryTools {
  readonly queue: Queue;
  readonly run: Run;
  readonly messages: OpenMessages;
  readonly clock: Clock;
  readonly log: Logger;
  readonly resolver: Resolver;
  /** 0 up to 1. */
  readonly chance: () => number;
  /** What this host calls itself. */
  readonly hostname: string;
  /** Where the hosts that DNS names listen; 25 but in tests. */
  readonly mxPort: number;
  readonly retry: () => RetrySettings;
  readonly routeTo: (domain: string) => Route;
}

/** What the hooks of a queued mail are told. */
export function queueContext({ envelope }: Lease): {
  queueId: string;
  sender: MailAddr;
  sessionId: string;
  transactionId: string;
} {
  const { queueId, sender, trace } = envelope;
  return {
    queueId,
    sender: mailAddr(sender),
    sessionId: trace.sessionId,
    transactionId: trace.transactionId,
  };
}

/** Tells whoever counts what came of an attempt, by the class of the last reply. */
export function countDelivery(
  { run }: DeliveryTools,
  event: 'delivery.succeeded' | 'delivery.deferred' | 'delivery.failed',
  { code }: Reply,
): void {
  quietly(() =>
    run('metrics.metricsCollect', { event, labels: { reply: `${Math.floor(code / 100)}xx` }, values: {} }),
  );
}
