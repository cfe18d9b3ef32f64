import { hostname } from 'node:os';
import { arc } from 'mailauth/lib/arc/index.js';
import { dmarc } from 'mailauth/lib/dmarc/index.js';
import { spf } from 'mailauth/lib/spf/index.js';
import { definePlugin, factsOf, type Plugin } from 'plugboard';
import { modify, proceed, type EmailHooks } from 'plugboard/email';
import { z } from 'zod';
import { read } from '../settings.ts';
import { arcFactOf, dmarcFactOf, signatureOf, spfFactOf } from './facts.ts';
import { judge } from './policy.ts';
import { recordsSchema, resolverOf } from './resolver.ts';
import { resultsHeader } from './results-header.ts';
import { Signatures } from './signatures.ts';

const settingsSchema = z.strictObject({
  /** What this server calls itself in Authentication-Results. */
  server: z.string().default(hostname()),
  /** Whether the policy of a domain is done, or only reported. */
  enforce: z.boolean().default(true),
  /** What becomes of a message while the DNS does not answer. */
  onTempError: z.enum(['accept', 'defer']).default('accept'),
  /** Whose ARC seal counts more than the policy of a domain. */
  trustedSealers: z.array(z.string().toLowerCase()).default([]),
  /** Stands for the DNS; for tests, and for hosts without a network. */
  records: recordsSchema.optional(),
});

/** Finds out whether messages are of whom they say: SPF, DKIM, ARC and DMARC, with mailauth. */
export function mailAuth(): Plugin<Partial<EmailHooks>> {
  let settings = read(settingsSchema, undefined);
  let resolver = resolverOf(undefined);
  const signatures = new Signatures();
  const configure = (config: unknown): void => {
    settings = read(settingsSchema, config);
    resolver = resolverOf(settings.records);
  };
  return definePlugin<EmailHooks>({
    name: 'mail-auth',
    version: '1.0.0',
    initialize: ({ config }) => configure(config),
    configure,
    hooks: {
      async 'authn.spfCheck'({ sender, helo, ip }) {
        const said = await spf({ sender: sender.address, helo, ip, mta: settings.server, resolver });
        return proceed({ spf: spfFactOf(said) });
      },
      async 'authn.dkimVerify'({ message, minBits }, context) {
        const options = { resolver, minBitLength: minBits };
        const results = await signatures.resultsOf(message, context, options);
        return proceed({ dkim: { signatures: results.slice(0, 100).map(signatureOf) } });
      },
      async 'authn.arcVerify'({ message, minBits }, context) {
        const options = { resolver, minBitLength: minBits };
        const data = await signatures.chainOf(message, context, options);
        if (data === undefined || data.chain === false) return proceed({ arc: none });
        return proceed({ arc: arcFactOf(await arc({ ...data, chain: data.chain }, options)) });
      },
      async 'authn.dmarcCheck'({ fromDomain, spf: checked, dkim, arc: chain }) {
        const dkimDomains = dkim.signatures
          .filter(({ result }) => result === 'pass')
          .map(({ domain = '' }) => ({ domain }));
        const spfDomains = checked.result === 'pass' ? [checked.domain ?? ''] : [];
        const said = await dmarc({ headerFrom: fromDomain, spfDomains, dkimDomains, resolver });
        return judge(dmarcFactOf(said), chain, settings);
      },
      'message.messageComplete'({ headers }, context) {
        return modify({ headers: resultsHeader(settings.server, factsOf<EmailHooks>(context), headers) });
      },
    },
  });
}

const none = { result: 'none', instances: 0, sealers: [] } as const;
