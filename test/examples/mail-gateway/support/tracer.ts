import { proceed, emailHooks, type EmailHook, type EmailHooks } from 'plugboard/email';
import type { Handlers } from 'plugboard';
import type { OwnPlugin } from '../../../../examples/mail-gateway/own-plugin.ts';
import { own } from './gateway.ts';

/** One call of a hook, as a plugin saw it. */
export interface Seen {
  readonly hook: string;
  readonly request: Readonly<Record<string, unknown>>;
}

const facts: Partial<Record<EmailHook, object>> = {
  'authn.spfCheck': { spf: { result: 'pass' } },
  'authn.dkimVerify': { dkim: { signatures: [] } },
  'authn.arcVerify': { arc: { result: 'none', instances: 0, sealers: [] } },
  'authn.dmarcCheck': {
    dmarc: { result: 'pass', policy: 'none', alignment: { spf: true, dkim: false } },
  },
};

/** A plugin that answers every hook with consent, and the list of what it was asked. */
export function tracer(): { readonly plugin: OwnPlugin; readonly seen: Seen[] } {
  const seen: Seen[] = [];
  const names = Object.keys(emailHooks) as EmailHook[];
  const handlers = names.map((hook) => [
    hook,
    (request: Readonly<Record<string, unknown>>) => {
      seen.push({ hook, request });
      return { ...proceed(), ...facts[hook] };
    },
  ]);
  return { plugin: own('tracer', Object.fromEntries(handlers) as Handlers<EmailHooks>), seen };
}

/** The id of the session that a request belongs to, where it says so. */
export function sessionIdOf({ request }: Seen): string | undefined {
  const { session, sessionId } = request as { session?: { id: string }; sessionId?: string };
  return session?.id ?? sessionId;
}
