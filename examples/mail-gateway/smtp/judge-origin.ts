import { headersOf } from '../message/header-block.ts';
import { fateOf, type Fate } from './fate.ts';
import type { Case } from './case.ts';
import { domainOfFrom } from '../message/from-domain.ts';

/** Shorter RSA keys prove nothing (RFC 8301). */
const minBits = 1024;

/** Who has sent it: DKIM, ARC, and what the domain of From wants done; SPF was asked at MAIL FROM. */
export async function judgeOrigin(about: Case): Promise<Fate | undefined> {
  const { front, session, transaction, context, message, header } = about;
  const run = front.runIn(session.id);
  const asked = { ...context, message, minBits };
  const dkim = await run('authn.dkimVerify', asked, session.running);
  const unsigned = fateOf('authn.dkimVerify', dkim);
  if (unsigned !== undefined) return unsigned;
  const { answer: chain } = await run('authn.arcVerify', asked, session.running);
  const fromDomain = domainOfFrom(headersOf(header));
  // Without a domain there is no policy to ask for.
  if (fromDomain === '') return undefined;
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
  return fateOf('authn.dmarcCheck', dmarc);
}
