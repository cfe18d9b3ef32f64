import { mailAddr } from 'plugboard/email';
import type { Outcome } from '../queue/lease.ts';
import { retryDelayMs } from '../queue/retry-delay.ts';
import type { Undelivered } from './parcel.ts';
import type { Job } from './plan.ts';
import { isPermanent, ownReply, replyOfAnswer } from './reply.ts';
import { queueContext, type DeliveryTools } from './tools.ts';

type Refusal = Extract<Undelivered, { is: 'refused' }>;

/** What becomes of a recipient that did not get it: later again, or never. */
export async function aftermath(tools: DeliveryTools, job: Job, undelivered: Undelivered): Promise<Outcome> {
  const { index } = undelivered;
  const usualMs = retryDelayMs(tools.retry(), job.lease.attemptsOf(index) + 1, tools.chance());
  if (undelivered.is === 'refused') return afterRefusal(tools, job, undelivered, usualMs);
  const now = tools.clock.date().getTime();
  if (now >= job.lease.envelope.expiresAt) return expired(undelivered, 'it was held back until it expired');
  return { state: 'held', recipients: [index], nextAt: nextAt(tools, job, undelivered.delayMs ?? usualMs) };
}

async function afterRefusal(
  tools: DeliveryTools,
  job: Job,
  refusal: Refusal,
  usualMs: number,
): Promise<Outcome> {
  const { index, reply, host } = refusal;
  const attempt = job.lease.attemptsOf(index) + 1;
  const { request } = await tools.run('delivery.deliveryFailure', {
    ...queueContext(job.lease),
    recipient: mailAddr(job.lease.envelope.recipients[index]?.address ?? ''),
    attempt,
    error: { ...reply, permanent: isPermanent(reply) },
  });
  const failed = {
    recipients: [index],
    silent: request.suppressDsn ?? false,
    ...(host !== undefined && { host }),
  };
  if (isPermanent(reply) || request.bounceNow === true) return { state: 'failed', reply, ...failed };
  if (tools.clock.date().getTime() >= job.lease.envelope.expiresAt) {
    return {
      ...expired(refusal, `it expired after ${attempt} attempts; the last: ${reply.text}`),
      ...failed,
    };
  }
  const { answer, request: retry } = await tools.run('queue.queueRetry', {
    ...queueContext(job.lease),
    attempt,
    lastError: reply,
    nextDelayMs: request.retryDelayMs ?? usualMs,
    expiresAtMs: job.lease.envelope.expiresAt,
  });
  if (answer.action === 'reject') return { state: 'failed', reply: replyOfAnswer(answer), ...failed };
  if (answer.action === 'discard') return { state: 'discarded', recipients: [index], by: answer.reason };
  return { state: 'deferred', recipients: [index], reply, nextAt: nextAt(tools, job, retry.nextDelayMs) };
}

/** The last attempt is when it expires, not after. */
function nextAt(tools: DeliveryTools, { lease }: Job, delayMs: number): number {
  return Math.min(tools.clock.date().getTime() + delayMs, lease.envelope.expiresAt);
}

/** RFC 3463: X.4.7, delivery time expired. */
function expired({ index }: Undelivered, text: string): Extract<Outcome, { state: 'failed' }> {
  return { state: 'failed', recipients: [index], reply: ownReply(554, '5.4.7', text), silent: false };
}
