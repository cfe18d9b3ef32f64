import { isIPv6 } from 'node:net';
import type { MailAddr, RcptToRequest } from 'plugboard/email';
import type { SMTPServerAddress } from 'smtp-server';
import type { QueuedRecipient } from '../queue/envelope.ts';
import { addressOf } from './at-mail.ts';
import { count, type Front } from './front.ts';
import { limited, payer } from './limits.ts';
import { refusalOf, Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import type { Transaction } from './transaction.ts';

/** RCPT TO: is this recipient one of ours, or may this client send to it? */
export async function atRcpt(
  front: Front,
  session: Session,
  address: SMTPServerAddress,
): Promise<Refusal | undefined> {
  const { transaction } = session;
  if (transaction === undefined) return noTransaction;
  const refusal = await asked(front, session, transaction, address);
  count(front, refusal === undefined ? 'recipient.accepted' : 'recipient.refused');
  return refusal;
}

const noTransaction = new Refusal({ code: 503, enhanced: '5.5.1', text: 'Say MAIL FROM first' });

async function asked(
  front: Front,
  session: Session,
  transaction: Transaction,
  address: SMTPServerAddress,
): Promise<Refusal | undefined> {
  const run = front.runIn(session.id);
  const tooMany = await limited(front, session, 'recipient', payer(session));
  if (tooMany !== undefined) return tooMany;
  const recipient = addressOf(address);
  const about = {
    ...session.contextOf(transaction),
    recipient,
    index: transaction.asked++,
    acceptedCount: transaction.recipients.length,
    ...dsnOf(address),
  };
  const { answer, request } = await run('transaction.rcptTo', about, session.running);
  const refused = refusalOf('transaction.rcptTo', answer);
  if (refused !== undefined) return refused;
  if (session.auth === undefined) {
    const key = {
      sender: transaction.sender,
      recipient: request.recipient,
      clientKey: networkOf(session.ip),
    };
    const greylist = await run('security.greylistCheck', { ...session.context, ...key }, session.running);
    const unknown = refusalOf('security.greylistCheck', greylist.answer);
    if (unknown !== undefined) return unknown;
  }
  take(transaction, [request.recipient, ...(request.alsoTo ?? [])], address);
  return undefined;
}

function dsnOf({ dsn }: SMTPServerAddress): Pick<RcptToRequest, 'notify' | 'orcpt'> {
  const words = ['never', 'success', 'failure', 'delay'] as const;
  const notify = words.filter((word) => dsn?.notify?.includes(word.toUpperCase()));
  return { ...(notify.length > 0 && { notify }), ...(dsn?.orcpt !== undefined && { orcpt: dsn.orcpt }) };
}

/** Nobody gets a mail twice because an address was named twice. */
function take(transaction: Transaction, addresses: readonly MailAddr[], { dsn }: SMTPServerAddress): void {
  const words = ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'] as const;
  const notify = words.filter((word) => dsn?.notify?.includes(word));
  const about = {
    ...(notify.length > 0 && { notify }),
    ...(dsn?.orcpt !== undefined && { orcpt: dsn.orcpt }),
  };
  for (const address of addresses) {
    const isThere = transaction.recipients.some((one) => sameMailbox(one.address, address));
    const queued: QueuedRecipient = { address: address.address, ...about };
    if (!isThere) transaction.recipients.push({ address, queued });
  }
}

/** The case of a local part belongs to the domain's owner (RFC 5321 §2.4). */
function sameMailbox(a: MailAddr, b: MailAddr): boolean {
  return a.local === b.local && a.domain === b.domain;
}

/** A client's neighbourhood: providers send the second try from another host of theirs. */
function networkOf(ip: string): string {
  if (!isIPv6(ip)) return `${ip.split('.').slice(0, 3).join('.')}.0/24`;
  const [left = '', right = ''] = ip.split('::');
  const [head, tail] = [left.split(':').filter(Boolean), right.split(':').filter(Boolean)];
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  const groups = ip.includes('::') ? [...head, ...zeros, ...tail] : head;
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** DATA, before the client is told to go ahead. */
export async function beforeData(front: Front, session: Session): Promise<Refusal | undefined> {
  const { transaction } = session;
  if (transaction === undefined) return noTransaction;
  const recipients = transaction.recipients.map(({ address }) => address);
  const about = { ...session.contextOf(transaction), recipients, chunking: false };
  const { answer } = await front.runIn(session.id)('transaction.data', about, session.running);
  return refusalOf('transaction.data', answer);
}
