import type { ARCResult, DKIMResult, DMARCResult, SPFResult } from 'mailauth';
import type { ArcFact, DkimSignature, DmarcFact, SpfFact } from 'plugboard/email';
import { oneLine } from '../one-line.ts';

/** mailauth's words for what is not known now, and for what it did not look at. */
const renamed: Readonly<Record<string, string>> = { temperr: 'temperror', skipped: 'none' };

function oneOf<const Result extends string>(
  said: string,
  known: readonly Result[],
  otherwise: Result,
): Result {
  const result = renamed[said] ?? said;
  return known.find((one) => one === result) ?? otherwise;
}

/** Comments repeat what senders wrote. */
function comment(text: string | undefined): string | undefined {
  return text === undefined ? undefined : oneLine(text, 900);
}

/** What mailauth found out about SPF. */
export function spfFactOf({ status, domain }: SPFResult): SpfFact {
  const known = ['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror'] as const;
  return {
    result: oneOf(status.result, known, 'permerror'),
    domain: comment(domain),
    comment: comment(status.comment),
  };
}

/** Where mailauth says the algorithm, whatever its types say. */
interface Signed extends DKIMResult {
  readonly algo?: string;
}

/** What mailauth found out about one signature. An unsigned message has one without a domain. */
export function signatureOf({ status, signingDomain, selector, algo }: Signed): DkimSignature {
  const known = ['pass', 'fail', 'neutral', 'policy', 'none', 'temperror', 'permerror'] as const;
  return {
    result: oneOf(status.result, known, 'permerror'),
    domain: comment(signingDomain),
    selector: comment(selector),
    algorithm: comment(algo),
    comment: comment(status.comment),
  };
}

/** What mailauth found out about an ARC chain. */
export function arcFactOf({ i, status, chain = [] }: ARCResult): ArcFact {
  const sealers = chain.map((entry) => sealerOf(entry['arc-seal'])).filter((domain) => domain !== '');
  return {
    result: oneOf(status.result, ['pass', 'fail', 'none', 'temperror', 'permerror'], 'fail'),
    instances: i === false ? 0 : i,
    sealers: sealers.toReversed(),
    comment: comment(status.comment),
  };
}

interface Seal {
  readonly parsed?: { readonly d?: { readonly value?: unknown } };
}

function sealerOf(seal: Seal | undefined): string {
  const domain = seal?.parsed?.d?.value;
  return typeof domain === 'string' ? (comment(domain.toLowerCase()) ?? '') : '';
}

/** What mailauth found out about DMARC; `false` is a From with no address or with several. */
export function dmarcFactOf(said: DMARCResult | false): DmarcFact {
  const unaligned = { spf: false, dkim: false };
  if (said === false) return { result: 'permerror', policy: 'none', alignment: unaligned };
  const { status, domain, policy, alignment, rr } = said;
  return {
    result: oneOf(status.result, ['pass', 'fail', 'none', 'temperror', 'permerror'], 'none'),
    policy: oneOf(policy ?? 'none', ['none', 'quarantine', 'reject'], 'none'),
    // Without a record there is none, whatever the types of mailauth say.
    alignment:
      alignment === undefined
        ? unaligned
        : { spf: Boolean(alignment.spf.result), dkim: Boolean(alignment.dkim.result) },
    domain: comment(domain),
    record: comment(rr),
  };
}
