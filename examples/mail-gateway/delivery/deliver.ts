import { readHeaderBlock } from '../message/header-block.ts';
import type { Lease } from '../queue/lease.ts';
import { aftermath } from './aftermath.ts';
import { attempt } from './attempt.ts';
import { pack, type Parcel, type Undelivered } from './parcel.ts';
import { plan, type Job } from './plan.ts';
import { sendReport } from './send-report.ts';
import { countDelivery, queueContext, type DeliveryTools } from './tools.ts';

/** Does what is due of a mail: tries its recipients, writes down what came of it, tells the sender. */
export async function deliver(known: DeliveryTools, lease: Lease): Promise<void> {
  const { traceparent } = lease.envelope.trace;
  const trace = traceparent === undefined ? {} : { traceparent };
  const tools: DeliveryTools = {
    ...known,
    run: (hook, request, options) => known.run(hook, request, { ...options, ...trace }),
  };
  // A crash may have come between a failure and its report.
  await sendReport(tools, lease);
  const due = lease.due;
  if (due.length === 0) return;
  const job = await dequeue(tools, lease, due);
  if (job === undefined) return;
  const { queueId } = lease.envelope;
  const undelivered = await tools.messages.during(queueId, lease.file, () => tryAll(tools, job, due));
  for (const one of undelivered) await settle(tools, job, one);
  await sendReport(tools, lease);
}

/** Writes down what becomes of a recipient that did not get it, and tells whoever counts. */
async function settle(tools: DeliveryTools, job: Job, undelivered: Undelivered): Promise<void> {
  const outcome = await aftermath(tools, job, undelivered);
  await job.lease.record(outcome);
  if (outcome.state === 'deferred') countDelivery(tools, 'delivery.deferred', outcome.reply);
  if (outcome.state !== 'failed') return;
  countDelivery(tools, 'delivery.failed', outcome.reply);
  const { queueId, sender } = job.lease.envelope;
  // Nobody is told of a report that fails; it is not to vanish without a trace.
  if (sender === '') tools.log.warn(`report ${queueId} could not be delivered`, { reply: outcome.reply });
}

/** Asks whether it may go now. */
async function dequeue(tools: DeliveryTools, lease: Lease, due: readonly number[]): Promise<Job | undefined> {
  const { envelope } = lease;
  const header = await readHeaderBlock(lease.file);
  const attempts = lease.states.map((_, index) => lease.attemptsOf(index));
  const { answer, request, by } = await tools.run('queue.dequeue', {
    ...queueContext(lease),
    ageMs: Math.max(0, tools.clock.date().getTime() - envelope.receivedAt),
    attempt: Math.max(...attempts) + 1,
    ...(envelope.route && { route: envelope.route }),
  });
  const job = { lease, header, route: request.route };
  if (answer.action === 'discard') {
    await lease.record({ state: 'discarded', recipients: [...due], by: by ?? 'nobody' });
    tools.log.warn(`mail ${envelope.queueId} was discarded from the queue`, {
      plugin: by,
      reason: answer.reason,
    });
    return undefined;
  }
  if (answer.action !== 'defer') return job;
  for (const index of due) {
    await settle(tools, job, { is: 'held', index, delayMs: answer.retryAfterMs });
  }
  await sendReport(tools, lease);
  return undefined;
}

async function tryAll(tools: DeliveryTools, job: Job, due: readonly number[]): Promise<Undelivered[]> {
  const parcels: Parcel[] = [];
  const undelivered: Undelivered[] = [];
  for (const index of due) {
    const recipient = job.lease.envelope.recipients[index];
    if (recipient === undefined) continue;
    const planned = await plan(tools, job, { index, recipient });
    if ('way' in planned) parcels.push(planned);
    else undelivered.push(planned);
  }
  for (const parcel of pack(parcels)) undelivered.push(...(await attempt(tools, job, parcel)));
  return undelivered;
}
