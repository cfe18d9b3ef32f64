import { rm } from 'node:fs/promises';
import type { SMTPServerDataStream } from 'smtp-server';
import { mailDate } from '../delivery/report.ts';
import { readHeaderBlock } from '../message/header-block.ts';
import type { Envelope } from '../queue/envelope.ts';
import { atReset } from './at-connect.ts';
import type { Fate } from './fate.ts';
import { finishMessage } from './finish-message.ts';
import { count, type Front } from './front.ts';
import { judge } from './judge.ts';
import type { Case } from './case.ts';
import { receive, type Received } from './receive.ts';
import { Refusal, refusalOf } from './refusal.ts';
import type { Session } from './session.ts';
import type { Transaction } from './transaction.ts';

/** The reply to a message, with its enhanced status. */
export type DataReply = Refusal | string;

/** A message comes in: takes it, refuses it, or takes it and keeps it from its recipients. */
export async function atData(
  front: Front,
  session: Session,
  stream: SMTPServerDataStream,
): Promise<DataReply> {
  const { transaction } = session;
  if (transaction === undefined) throw new Error('a message came without a transaction');
  const file = front.queue.files.message(transaction.id);
  let isQueued = false;
  try {
    const { maxMessageBytes } = front.settings();
    const received = await receive(stream, file, traceOf(front, session, transaction), maxMessageBytes);
    const reply = received === undefined ? tooLong : await settle(front, session, transaction, received);
    isQueued = typeof reply === 'string' && reply.startsWith(queuedWords);
    if (typeof reply === 'string') session.messages++;
    atReset(front, session, typeof reply === 'string' ? 'done' : 'refused');
    return reply;
  } finally {
    if (!isQueued) await Promise.all([file, `${file}.tmp`].map((path) => rm(path, { force: true })));
  }
}

const queuedWords = '2.6.0 Queued as';
const tooLong = new Refusal({ code: 552, enhanced: '5.3.4', text: 'The message is too long' });
/** Nobody may hide in what is not looked at, such as another From. */
const headerTooLong = new Refusal({ code: 552, enhanced: '5.3.4', text: 'The header is too long' });
const loops = new Refusal({ code: 554, enhanced: '5.4.6', text: 'The message goes in circles' });

/** More hops than any honest message needs (RFC 5321 §6.3 wants at least 100 allowed). */
const maxHops = 100;

async function settle(
  front: Front,
  session: Session,
  transaction: Transaction,
  received: Received,
): Promise<DataReply> {
  const header = await readHeaderBlock(received.file);
  if (header.isCut) return headerTooLong;
  if ((header.text.match(/^received:/gim)?.length ?? 0) > maxHops) return loops;
  const { file, sha256 } = received;
  const message = { id: transaction.id, size: received.sizeBytes, sha256, file };
  const about = {
    front,
    session,
    transaction,
    received,
    header,
    message,
    context: session.contextOf(transaction),
  };
  const judged = await front.messages.during(message.id, file, () => judge(about));
  if ('is' in judged) return undergo(about, judged);
  const sizeBytes = await finishMessage(received.file, header, judged);
  return enqueue(about, sizeBytes);
}

/** What is not simply taken. It is on record before the client hears 250. */
async function undergo({ front, session, transaction, received }: Case, fate: Fate): Promise<DataReply> {
  if (fate.is === 'refused') {
    count(front, fate.refusal.responseCode < 500 ? 'message.deferred' : 'message.refused');
    return fate.refusal;
  }
  session.signal.throwIfAborted();
  const record = {
    queueId: transaction.id,
    sessionId: session.id,
    clientIp: session.ip,
    sender: transaction.sender.address,
    recipients: transaction.recipients.map(({ address }) => address.address),
    by: fate.by,
    reason: fate.reason,
  };
  if (fate.is === 'discarded') await front.records.discarded(record);
  else await front.records.quarantined(record, received.file, fate.store);
  count(front, `message.${fate.is}`, {}, { bytes: received.sizeBytes });
  return `2.6.0 Taken as ${transaction.id}`;
}

async function enqueue(
  { front, session, transaction, context }: Case,
  sizeBytes: number,
): Promise<DataReply> {
  const { queue } = front;
  const { answer, request } = await front.runIn(session.id)(
    'queue.enqueue',
    {
      ...context,
      queueId: transaction.id,
      priority: 'normal',
      size: sizeBytes,
      recipientCount: transaction.recipients.length,
    },
    session.running,
  );
  const refusal = refusalOf('queue.enqueue', answer);
  if (refusal !== undefined) return refusal;
  // A client that is gone has not heard 250, and sends it again.
  session.signal.throwIfAborted();
  const envelope: Envelope = {
    ...envelopeOf(front, session, transaction, sizeBytes),
    priority: request.priority,
    ...(request.route && { route: request.route }),
    ...(request.holdUntilMs !== undefined && { holdUntil: request.holdUntilMs }),
  };
  await queue.commit(envelope);
  queue.release(envelope);
  count(front, 'message.accepted', {}, { bytes: sizeBytes, recipients: envelope.recipients.length });
  count(front, 'queue.changed', {}, { mails: queue.size });
  return `${queuedWords} ${transaction.id}`;
}

function envelopeOf(
  { clock, settings }: Front,
  session: Session,
  transaction: Transaction,
  sizeBytes: number,
): Omit<Envelope, 'priority'> {
  const receivedAt = clock.date().getTime();
  const { envelope } = session.connection.session;
  const helo = session.connection.hostNameAppearsAs;
  const { ret, envid } = envelope.dsn ?? { ret: null, envid: null };
  return {
    queueId: transaction.id,
    sender: transaction.sender.address,
    recipients: transaction.recipients.map(({ queued }) => queued),
    sizeBytes,
    receivedAt,
    expiresAt: receivedAt + settings().retentionMs,
    requireTls: envelope.requireTLS ?? false,
    dsn: { ...(ret !== null && { ret: ret === 'FULL' ? 'FULL' : 'HDRS' }), ...(envid !== null && { envid }) },
    trace: {
      sessionId: session.id,
      transactionId: transaction.id,
      clientIp: session.ip,
      traceparent: session.traceparent,
      ...(helo !== false && { helo }),
    },
  };
}

/** The trace field that every server puts before a message (RFC 5321 §4.4). */
function traceOf({ hostname, clock }: Front, session: Session, { id }: Transaction): string {
  const { hostNameAppearsAs: helo, clientHostname, session: smtp } = session.connection;
  const name =
    typeof clientHostname === 'string' && !clientHostname.startsWith('[') ? `${clientHostname} ` : '';
  const literal = session.ip.includes(':') ? `IPv6:${session.ip}` : session.ip;
  return [
    `Received: from ${helo === false ? 'unknown' : helo} (${name}[${literal}])`,
    `\tby ${hostname} with ${smtp.transmissionType} id ${id};`,
    `\t${mailDate(clock.date())}\r\n`,
  ].join('\r\n');
}
