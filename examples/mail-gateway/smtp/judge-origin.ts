import { headersOf } from '../message/header-block.ts';
import { fateOf, type Fate } from './fate.ts';
import type { Case } from './case.ts';
import { domainsOfFrom } from '../message/from-domain.ts';
import { Refusal } from './refusal.ts';

/** Shorter RSA keys prove nothing (RFC 8301). */
const minBits = 1024;

/** Each costs a look into the DNS; honest mail names one. */
const maxDomains = 5;
const tooMany = new Refusal({ code: 550, enhanced: '5.6.0', text: 'From names too many domains' });

/** Who has sent it: DKIM, ARC, and what the domain of From wants done; SPF was asked at MAIL FROM. */
export async function judgeOrigin(about: Case): Promise<Fate | undefined> {
  const { front, session, transaction, context, message, header } = about;
  const run = front.runIn(session.id);
  const asked = { ...context, message, minBits };
  const dkim = await run('authn.dkimVerify', asked, session.running);
  const unsigned = fateOf('authn.dkimVerify', dkim);
  if (unsigned !== undefined) return unsigned;
  const { answer: chain } = await run('authn.arcVerify', asked, session.running);
  // Without a domain there is no policy to ask for; of several, each may refuse (RFC 7489 §6.6.1).
  const domains = domainsOfFrom(headersOf(header));
  if (domains.length > maxDomains) return { is: 'refused', refusal: tooMany };
  for (const fromDomain of domains) {
    const dmarc = await run(
      'authn.dmarcCheck',
      {
        ...context,
        fromDomain,
        spf: transaction.spf,
        dkim: dkim.answer.dkim ?? { signatures: [] },
        ...(chain.action === 'continue' && { arc: chain.arc }),
      },
      session.running,
    );
    const fate = fateOf('authn.dmarcCheck', dmarc);
    if (fate !== undefined) return fate;
  }
  return undefined;
}
