import { quietly } from '../hooks.ts';
import { count, type Front } from './front.ts';
import { limited } from './limits.ts';
import { refusalOf, type Refusal } from './refusal.ts';
import type { Session } from './session.ts';

/** A client has come: may it stay? */
export async function atConnect(front: Front, session: Session): Promise<Refusal | undefined> {
  const { sessions } = front;
  sessions.count(session);
  count(front, 'session.opened', {}, { active: sessions.total });
  const run = front.runIn(session.id);
  const { answer } = await run(
    'connection.connect',
    { ...session.context, activeFromIp: sessions.from(session.ip), activeTotal: sessions.total },
    session.running,
  );
  const refusal = refusalOf('connection.connect', answer);
  // Whom a plugin accepts here, no limit counts for.
  if (refusal !== undefined || answer.action === 'accept') return rejected(session, refusal);
  const tooMany = await limited(front, session, 'connection', session.ip);
  if (tooMany !== undefined) return rejected(session, tooMany);
  const reputation = await run(
    'security.reputationCheck',
    { ...session.context, subject: 'ip' },
    session.running,
  );
  return rejected(session, refusalOf('security.reputationCheck', reputation.answer));
}

function rejected(session: Session, refusal: Refusal | undefined): Refusal | undefined {
  if (refusal !== undefined) session.endedBy = 'rejected';
  return refusal;
}

/** A client has gone. Runs once for each. */
export function atDisconnect(front: Front, session: Session): void {
  front.sessions.drop(session);
  session.end();
  atReset(front, session, 'disconnect');
  const durationMs = Math.max(0, front.clock.date().getTime() - session.startedAtMs);
  const { _socket: socket } = session.connection;
  const told = {
    reason: session.endedBy ?? ('reset' as const),
    durationMs,
    bytesIn: socket.bytesRead,
    bytesOut: socket.bytesWritten,
    messages: session.messages,
  };
  const run = front.runIn(session.id);
  quietly(() =>
    run(
      'connection.disconnect',
      { ...session.context, ...told },
      { within: session.scope, traceparent: session.traceparent },
    ),
  );
  count(front, 'session.closed', { reason: told.reason }, { durationMs });
}

/** A transaction is over, if there was one. */
export function atReset(
  front: Front,
  session: Session,
  reason: 'done' | 'refused' | 'rset' | 'hello' | 'disconnect',
): void {
  const { transaction } = session;
  if (transaction === undefined) return;
  session.transaction = undefined;
  const told = { ...session.contextOf(transaction), reason };
  quietly(() =>
    front.runIn(session.id)('transaction.reset', told, {
      within: transaction.scope,
      traceparent: session.traceparent,
    }),
  );
}
