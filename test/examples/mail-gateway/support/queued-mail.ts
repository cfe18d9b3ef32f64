import { writeFile } from 'node:fs/promises';
import type { Envelope } from '../../../../examples/mail-gateway/queue/envelope.ts';
import { Queue } from '../../../../examples/mail-gateway/queue/queue.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';

export const dayMs = 86_400_000;

/** An open queue on a clock of its own. */
export async function openQueue(folder: string, clock = new ManualClock(), maxMails = 1000) {
  const log = new MemoryLogger();
  return { queue: await Queue.open({ folder, clock, log, maxMails }), clock, log };
}

/** Puts a mail into a queue, as the SMTP side does. */
export async function enqueue(
  queue: Queue,
  clock: ManualClock,
  more: Partial<Envelope> = {},
): Promise<Envelope> {
  const receivedAt = clock.date().getTime();
  const envelope: Envelope = {
    queueId: queue.newId(),
    sender: 'ada@example.org',
    recipients: [{ address: 'bob@example.net' }],
    priority: 'normal',
    sizeBytes: 30,
    receivedAt,
    expiresAt: receivedAt + 5 * dayMs,
    trace: { sessionId: 's', transactionId: 't' },
    ...more,
  };
  await writeFile(queue.files.message(envelope.queueId), 'Subject: hello\r\n\r\nHello.\r\n');
  await queue.commit(envelope);
  queue.release(envelope);
  return envelope;
}
