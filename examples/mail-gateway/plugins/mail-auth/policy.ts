import {
  defer,
  proceed,
  quarantine,
  reject,
  type ArcFact,
  type DmarcAnswer,
  type DmarcFact,
} from 'plugboard/email';

/** How far the policies of domains are followed. */
export interface Policy {
  readonly enforce: boolean;
  readonly onTempError: 'accept' | 'defer';
  readonly trustedSealers: readonly string[];
}

/** What becomes of a message after what DMARC says of it. */
export function judge(dmarc: DmarcFact, arc: ArcFact | undefined, policy: Policy): DmarcAnswer {
  if (dmarc.result === 'temperror' && policy.onTempError === 'defer')
    return defer({
      code: 451,
      enhanced: '4.7.1',
      text: 'The policy of your domain cannot be looked up',
      dmarc,
    });
  if (dmarc.result !== 'fail' || dmarc.policy === 'none' || !policy.enforce) return proceed({ dmarc });
  if (isTrusted(arc, policy.trustedSealers))
    return proceed({ dmarc: { ...dmarc, override: 'trusted ARC chain' } });
  const domain = (dmarc.domain ?? 'the sender').slice(0, 100);
  if (dmarc.policy === 'quarantine') return quarantine({ reason: `DMARC policy of ${domain}`, dmarc });
  return reject({ code: 550, enhanced: '5.7.1', text: `Refused by the DMARC policy of ${domain}`, dmarc });
}

/** Whether the last one who handed it on is trusted, and says that the message passed there. */
function isTrusted(arc: ArcFact | undefined, trustedSealers: readonly string[]): boolean {
  if (arc?.result !== 'pass') return false;
  const [last = ''] = arc.sealers;
  return trustedSealers.includes(last) && / dmarc=pass(?: |$)/.test(` ${arc.comment ?? ''}`);
}
