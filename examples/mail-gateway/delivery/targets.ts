import type { MxRecord } from 'node:dns';
import { isIP } from 'node:net';
import type { Reply } from '../queue/journal-entry.ts';
import { ownReply } from './reply.ts';

/** What is asked of DNS; `node:dns/promises` is one. */
export interface Resolver {
  resolveMx(domain: string): Promise<readonly MxRecord[]>;
  resolve4(host: string): Promise<readonly string[]>;
  resolve6(host: string): Promise<readonly string[]>;
}

/** One address to try. */
export interface Target {
  readonly host: string;
  readonly ip: string;
}

/** The mail hosts of a domain, the best first, or why there are none. */
export type MailHosts =
  | { readonly found: true; readonly hosts: readonly MxRecord[] }
  | { readonly found: false; readonly reply: Reply };

/** By RFC 5321 §5.1: the hosts of its MX records, without any the domain itself; RFC 7505: a null MX takes no mail. */
export async function mailHosts(
  resolver: Resolver,
  domain: string,
  chance: () => number,
): Promise<MailHosts> {
  const literal = /^\[(?:IPv6:)?(.+)\]$/i.exec(domain)?.[1];
  if (literal !== undefined && isIP(literal) !== 0)
    return { found: true, hosts: [{ exchange: literal, priority: 0 }] };
  try {
    const records = await resolver.resolveMx(domain);
    if (records.every(({ exchange }) => exchange === '' || exchange === '.') && records.length > 0) {
      return { found: false, reply: ownReply(556, '5.1.10', `${domain} takes no mail (null MX)`) };
    }
    if (records.length > 0) return { found: true, hosts: byPreference(records, chance) };
  } catch (error) {
    if (!saysNone(error))
      return { found: false, reply: ownReply(451, '4.4.3', `DNS does not answer for ${domain}`) };
  }
  return { found: true, hosts: [{ exchange: domain, priority: 0 }] };
}

/** The addresses of a host, IPv6 and IPv4 in turn; none if it has none. Rejects while DNS does not answer. */
export async function addressesOf(resolver: Resolver, host: string): Promise<Target[]> {
  if (isIP(host) !== 0) return [{ host, ip: host }];
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const unsure = answers.find((answer) => answer.status === 'rejected' && !saysNone(answer.reason));
  if (found.length === 0 && unsure !== undefined) throw new Error(`DNS does not answer for ${host}`);
  return found.map((ip) => ({ host, ip }));
}

/** Equal ones in an order of chance, so that the load is shared. */
function byPreference(records: readonly MxRecord[], chance: () => number): MxRecord[] {
  return records
    .map((record) => ({ record, lot: chance() }))
    .toSorted((a, b) => a.record.priority - b.record.priority || a.lot - b.lot)
    .map(({ record }) => record);
}

function saysNone(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'ENODATA')
  );
}
