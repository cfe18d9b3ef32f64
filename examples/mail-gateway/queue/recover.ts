import type { Logger } from 'plugboard';
import type { QueueFiles, StoredMail } from './files.ts';
import { statesOf } from './lease.ts';
import { isToReport } from './recipient-state.ts';

/**
 * The mails that an earlier run has left, one at a time. A report whose cause does not say yet that it was made was
 * never sent: it is dropped, and its cause makes it again.
 */
export async function* recovered(files: QueueFiles, log: Logger): AsyncGenerator<StoredMail> {
  for (const queueId of await files.accepted()) {
    const mail = await readOrSetAside(files, queueId, log);
    if (mail === undefined) continue;
    if (await isPremature(files, mail)) await files.remove(queueId);
    else yield mail;
  }
}

/** A mail, unless it is damaged, which must not keep the others waiting. */
export async function readOrSetAside(
  files: QueueFiles,
  queueId: string,
  log: Logger,
): Promise<StoredMail | undefined> {
  try {
    return await files.read(queueId);
  } catch (error) {
    log.error(`mail ${queueId} cannot be read and was set aside as ${queueId}.json.damaged; look at it`, {
      error,
    });
    await files.setAside(queueId);
    return undefined;
  }
}

async function isPremature(files: QueueFiles, { envelope }: StoredMail): Promise<boolean> {
  if (envelope.reportOf === undefined) return false;
  const { queueId, recipient } = envelope.reportOf;
  const cause = await files.read(queueId).catch(() => undefined);
  const [named, state] = [cause?.envelope.recipients[recipient], cause && statesOf(cause)[recipient]];
  return cause !== undefined && named !== undefined && state !== undefined
    ? isToReport(cause.envelope.sender, named, state)
    : false;
}
