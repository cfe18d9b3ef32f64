import { definePlugin, type Plugin } from 'plugboard';
import { accept, proceed, reject, type EmailHooks } from 'plugboard/email';
import { z } from 'zod';
import { read } from './settings.ts';

const settingsSchema = z.strictObject({
  /** Domains whose mail this server takes; `*.example.org` stands for all below it. */
  domains: z.array(z.string().toLowerCase()).default([]),
  /** If given, the only recipients there are, as `ada@example.org`. Default: any in these domains. */
  mailboxes: z.array(z.string().toLowerCase()).optional(),
  /** Whether those who have logged in may send anywhere. */
  relayForUsers: z.boolean().default(true),
});

/** Takes mail for domains of this server, and from users to anywhere. Of all else it knows nothing. */
export function rcptDomains(): Plugin<Partial<EmailHooks>> {
  let settings = read(settingsSchema, undefined);
  const configure = (config: unknown): void => void (settings = read(settingsSchema, config));
  return definePlugin<EmailHooks>({
    name: 'rcpt-domains',
    version: '1.0.0',
    initialize: ({ config }) => configure(config),
    configure,
    hooks: {
      'transaction.rcptTo'({ recipient, session }) {
        const { domains, mailboxes, relayForUsers } = settings;
        if (!domains.some((domain) => covers(domain, recipient.domain)))
          return relayForUsers && session.auth !== undefined ? accept() : proceed();
        // Every domain has a postmaster (RFC 5321 §4.5.1).
        const isKnown = mailboxes?.includes(recipient.address.toLowerCase()) ?? recipient.local !== '';
        if (isKnown || recipient.local.toLowerCase() === 'postmaster') return accept();
        return reject({ code: 550, enhanced: '5.1.1', text: 'No such recipient here' });
      },
    },
  });
}

function covers(pattern: string, domain: string): boolean {
  return pattern.startsWith('*.') ? domain.endsWith(pattern.slice(1)) : domain === pattern;
}
