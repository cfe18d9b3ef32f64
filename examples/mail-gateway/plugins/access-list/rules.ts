import { BlockList, isIP, isIPv6 } from 'node:net';

/** Whom a rule is about: a client, or a sender. */
export interface Subject {
  readonly ip?: string | undefined;
  /** An address of an envelope, in lower case. */
  readonly address?: string | undefined;
}

/** One line of an access list. */
export interface Rule {
  readonly action: 'allow' | 'deny';
  readonly matches: (subject: Subject) => boolean;
}

/**
 * The rules of a file, one on a line: `allow 192.0.2.0/24`, `deny example.org`, `deny *@spam.example`, `# a comment`.
 * The first that matches decides. A domain stands for itself and all below it.
 * @throws {Error} that names the line.
 */
export function parseRules(text: string): readonly Rule[] {
  return text.split('\n').flatMap((line, index) => {
    const [action, pattern, ...rest] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (action === '' || action === undefined) return [];
    const matches = pattern === undefined || rest.length > 0 ? undefined : matcher(pattern.toLowerCase());
    if ((action === 'allow' || action === 'deny') && pattern !== undefined && matches !== undefined)
      return [{ action, matches }];
    throw new Error(
      `line ${index + 1} is no rule: write 'allow' or 'deny' and an address, network, domain or pattern`,
    );
  });
}

/** What the list says of somebody: the first rule that matches, if one does. */
export function ruleFor(rules: readonly Rule[], subject: Subject): Rule | undefined {
  return rules.find(({ matches }) => matches(subject));
}

function matcher(pattern: string): ((subject: Subject) => boolean) | undefined {
  const [network = '', bits] = pattern.split('/');
  if (isIP(network) !== 0) return networkMatcher(network, bits);
  if (!/^[^\s/]+$/.test(pattern)) return undefined;
  if (pattern.includes('*')) return wildcardMatcher(pattern);
  if (pattern.includes('@')) return ({ address }) => address === pattern;
  return ({ address = '' }) => address.endsWith(`@${pattern}`) || address.endsWith(`.${pattern}`);
}

function networkMatcher(
  network: string,
  bits: string | undefined,
): ((subject: Subject) => boolean) | undefined {
  const family = isIPv6(network) ? 'ipv6' : 'ipv4';
  const most = family === 'ipv6' ? 128 : 32;
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)) return undefined;
  const list = new BlockList();
  list.addSubnet(network, Number(bits ?? most), family);
  return ({ ip }) => ip !== undefined && list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}

/** `*` stands for anything; it takes the leftmost place where the next piece fits, so that it never has to go back. */
function wildcardMatcher(pattern: string): (subject: Subject) => boolean {
  const [first = '', ...pieces] = pattern.split('*');
  const last = pieces.pop() ?? '';
  return ({ address = '' }) => {
    if (!address.startsWith(first) || !address.endsWith(last)) return false;
    let at = first.length;
    for (const piece of pieces) {
      const found = address.indexOf(piece, at);
      if (found === -1) return false;
      at = found + piece.length;
    }
    return at <= address.length - last.length;
  };
}
