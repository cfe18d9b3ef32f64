import type { RateLimitScope } from 'plugboard/email';
import type { Front } from './front.ts';
import { refusalOf, type Refusal } from './refusal.ts';
import type { Session } from './session.ts';

/** What a limit says where the plugin gives no code of its own. */
const usualCodes: Readonly<Record<RateLimitScope, { readonly code: number; readonly enhanced: string }>> = {
  connection: { code: 421, enhanced: '4.7.0' },
  message: { code: 450, enhanced: '4.7.1' },
  recipient: { code: 452, enhanced: '4.5.3' },
  auth: { code: 454, enhanced: '4.7.0' },
  volume: { code: 450, enhanced: '4.7.1' },
};

const text = 'Too much at once; please slow down';

/** Takes `cost` of a limit; a refusal if there is not so much left. */
export async function limited(
  front: Front,
  session: Session,
  scope: RateLimitScope,
  key: string,
  cost = 1,
): Promise<Refusal | undefined> {
  const request = { ...session.context, scope, key, cost };
  const { answer } = await front.runIn(session.id)('security.rateLimitCheck', request, session.running);
  const usual = answer.action === 'defer' && answer.code === undefined ? { ...usualCodes[scope], text } : {};
  return refusalOf('security.rateLimitCheck', { ...usual, ...answer });
}

/** Whom limits of messages, recipients and bytes hold for: the user, else the sender, else the client. */
export function payer(session: Session): string {
  return session.auth?.user ?? (session.transaction?.sender.address || session.ip);
}
