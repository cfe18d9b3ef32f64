import { mailAddr, type MailAddr, type MailFromRequest } from 'plugboard/email';
import type { SMTPServerAddress, SMTPServerSession } from 'smtp-server';
import { atReset } from './at-connect.ts';
import type { Front } from './front.ts';
import { limited, payer } from './limits.ts';
import { refusalOf, Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import { Transaction } from './transaction.ts';

/** MAIL FROM: a message begins, if it may. */
export async function atMail(
  front: Front,
  session: Session,
  address: SMTPServerAddress,
  smtp: SMTPServerSession,
): Promise<Refusal | undefined> {
  if (front.queue.isFull) return noRoom;
  const id = front.queue.newId();
  const sender = addressOf(address);
  session.transaction = Transaction.open(id, sender, session.scope);
  const refusal = await askedAll(front, session, mailFromOf(session, id, sender, address, smtp));
  if (refusal !== undefined) atReset(front, session, 'refused');
  return refusal;
}

const noRoom = new Refusal({
  code: 452,
  enhanced: '4.3.1',
  text: 'The queue is full; please try again later',
});

/** An address as smtp-server has parsed it. */
export function addressOf({ address, args }: SMTPServerAddress): MailAddr {
  return mailAddr(address, args === false ? undefined : args);
}

async function askedAll(
  front: Front,
  session: Session,
  asked: MailFromRequest,
): Promise<Refusal | undefined> {
  const run = front.runIn(session.id);
  const tooMany = await limited(front, session, 'message', payer(session));
  if (tooMany !== undefined) return tooMany;
  const { answer, request } = await run('transaction.mailFrom', asked, session.running);
  const refused = refusalOf('transaction.mailFrom', answer);
  if (refused !== undefined || session.transaction === undefined) return refused;
  const transaction = new Transaction(asked.transactionId, request.sender, session.transaction.scope);
  session.transaction = transaction;
  const { sender } = transaction;
  if (sender.domain !== '') {
    const about = { ...session.context, subject: 'mailfrom' as const, domain: sender.domain };
    const reputation = await run('security.reputationCheck', about, session.running);
    const disreputable = refusalOf('security.reputationCheck', reputation.answer);
    if (disreputable !== undefined) return disreputable;
  }
  const { hostNameAppearsAs: helo } = session.connection;
  const identity = sender.address === '' ? 'helo' : 'mailfrom';
  const client = { ip: session.ip, helo: helo === false ? '' : helo };
  const spf = await run(
    'authn.spfCheck',
    { ...session.contextOf(transaction), identity, sender, ...client },
    session.running,
  );
  if (spf.answer.spf !== undefined) transaction.spf = spf.answer.spf;
  return refusalOf('authn.spfCheck', spf.answer);
}

function mailFromOf(
  session: Session,
  transactionId: string,
  sender: MailAddr,
  { args }: SMTPServerAddress,
  { envelope }: SMTPServerSession,
): MailFromRequest {
  const size = args === false ? undefined : Number(args['SIZE']);
  const { dsn } = envelope;
  const ret = dsn?.ret === 'FULL' ? 'full' : 'hdrs';
  return {
    ...session.context,
    transactionId,
    sender,
    ...(size !== undefined && Number.isSafeInteger(size) && { declaredSize: size }),
    body: envelope.bodyType === '8bitmime' ? '8bitmime' : '7bit',
    smtpUtf8: envelope.smtpUtf8 ?? false,
    requireTls: envelope.requireTLS ?? false,
    ...(dsn && {
      dsn: { ...(dsn.ret !== null && { ret }), ...(dsn.envid !== null && { envid: dsn.envid }) },
    }),
  };
}
