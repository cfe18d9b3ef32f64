import type { SMTPServerAuthentication } from 'smtp-server';
import { count, type Front } from './front.ts';
import { limited } from './limits.ts';
import { refusalOf, Refusal } from './refusal.ts';
import type { Session } from './session.ts';

/** A client says who it is: who is it, or why not? Only failures count against the limit. */
export async function atAuth(
  front: Front,
  session: Session,
  { method, username = '', password, accessToken }: SMTPServerAuthentication,
): Promise<Refusal | string> {
  const locked = await limited(front, session, 'auth', session.ip, 0);
  if (locked !== undefined) return locked;
  const { answer } = await front.runIn(session.id)(
    'command.auth',
    {
      ...session.context,
      mechanism: method,
      username,
      password: password ?? accessToken ?? '',
      attempt: ++session.authAttempts,
    },
    session.running,
  );
  if (answer.action === 'accept') {
    // Guesses that were made side by side with this one may have used the limit up.
    const late = await limited(front, session, 'auth', session.ip, 0);
    if (late !== undefined) return late;
    session.auth = { user: answer.identity, mechanism: method };
    count(front, 'auth.succeeded', { mechanism: method });
    return answer.identity;
  }
  count(front, 'auth.failed', { mechanism: method });
  const refusal = refusalOf('command.auth', answer) ?? unknownUser;
  if (answer.action === 'defer') return refusal;
  return (await limited(front, session, 'auth', session.ip)) ?? refusal;
}

const unknownUser = new Refusal({ code: 535, enhanced: '5.7.8', text: 'Authentication credentials invalid' });
