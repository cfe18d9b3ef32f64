import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { stat } from 'node:fs/promises';
import type { Envelope } from '../queue/envelope.ts';
import type { Lease } from '../queue/lease.ts';
import { makeReport } from './report.ts';
import type { DeliveryTools } from './tools.ts';

/** How long a report is tried, in milliseconds: as long as a mail, by RFC 5321 §4.5.4.1 four to five days. */
const reportRetentionMs = 5 * 86_400_000;

/**
 * Queues a report for the sender, if one is due. Its name follows from what it is about, and it goes out only after
 * the mail's journal says that it was made: a crash anywhere in between makes it again, and sends it once.
 */
export async function sendReport(tools: DeliveryTools, lease: Lease): Promise<void> {
  const indexes = lease.toReport;
  const [first] = indexes;
  if (first === undefined) return;
  const envelope = await writeReport(tools, lease, indexes, `${lease.envelope.queueId}r${first}`);
  await tools.queue.commit({ ...envelope, reportOf: { queueId: lease.envelope.queueId, recipient: first } });
  await lease.record({ state: 'reported', recipients: indexes });
  tools.queue.release(envelope);
}

async function writeReport(
  { queue, clock, hostname }: DeliveryTools,
  lease: Lease,
  indexes: readonly number[],
  queueId: string,
): Promise<Envelope> {
  const { envelope: cause, file, states } = lease;
  const about = indexes.flatMap((index) => {
    const state = states[index];
    return state !== undefined && 'told' in state ? [{ index, state }] : [];
  });
  const now = clock.date();
  const path = queue.files.message(queueId);
  const report = await makeReport({ cause, file, about, queueId, host: hostname, now });
  await pipeline(report, createWriteStream(path, { mode: 0o600, flush: true }));
  return {
    queueId,
    sender: '',
    recipients: [{ address: cause.sender }],
    priority: cause.priority,
    sizeBytes: (await stat(path)).size,
    receivedAt: now.getTime(),
    expiresAt: now.getTime() + reportRetentionMs,
    trace: cause.trace,
  };
}
