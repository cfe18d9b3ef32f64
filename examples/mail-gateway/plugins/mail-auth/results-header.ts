import type { Facts } from 'plugboard';
import type { EmailHooks, Header, HeaderOp } from 'plugboard/email';

const field = 'Authentication-Results';

/** Says what was found out (RFC 8601), and takes away what others said in the name of this server. */
export function resultsHeader(
  server: string,
  facts: Facts<EmailHooks>,
  headers: readonly Header[],
): readonly HeaderOp[] {
  const value = [server, ...resultsOf(facts)].join(';\r\n\t');
  return [...forged(server, headers), { op: 'add', name: field, value }];
}

/** From the last to the first, so that no place moves before it is named. */
function forged(server: string, headers: readonly Header[]): readonly HeaderOp[] {
  return headers
    .filter(([name]) => name.toLowerCase() === field.toLowerCase())
    .map(([, value], index) => ({ value, index }))
    .filter(
      ({ value }) =>
        value
          .trimStart()
          .toLowerCase()
          .split(/[\s;/]/)[0] === server.toLowerCase(),
    )
    .map(({ index }) => ({ op: 'remove', name: field, index }) as const)
    .toReversed();
}

function resultsOf(facts: Facts<EmailHooks>): readonly string[] {
  const spf = facts['authn.spfCheck']?.spf;
  const dkim = facts['authn.dkimVerify']?.dkim?.signatures ?? [];
  const arc = facts['authn.arcVerify']?.arc;
  const dmarc = facts['authn.dmarcCheck']?.dmarc;
  const results = [
    ...(spf === undefined ? [] : [`spf=${spf.result} smtp.mailfrom=${token(spf.domain)}`]),
    ...dkim.map(({ result, domain, selector }) =>
      domain === undefined || domain === ''
        ? `dkim=${result}`
        : `dkim=${result} header.d=${token(domain)} header.s=${token(selector)}`,
    ),
    ...(arc === undefined || arc.result === 'none' ? [] : [`arc=${arc.result}`]),
    ...(dmarc === undefined ? [] : [`dmarc=${dmarc.result} header.from=${token(dmarc.domain)}`]),
  ];
  return results.length === 0 ? ['none'] : results;
}

/** What cannot end a value, whoever wrote it. */
function token(text = ''): string {
  return text.replaceAll(/[^\w.@+-]/g, '_').slice(0, 200) || 'unknown';
}
