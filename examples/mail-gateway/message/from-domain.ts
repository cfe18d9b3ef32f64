import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';
import type { Header } from 'plugboard/email';

/** The domains of all addresses in all From fields, each once, in lower case and without letters outside ASCII. */
export function domainsOfFrom(headers: readonly Header[]): readonly string[] {
  const fields = headers.filter(([name]) => name.toLowerCase() === 'from').map(([, value]) => value);
  const addresses = fields.flatMap((value) => addressparser(value, { flatten: true }));
  const domains = addresses.map(({ address }) => domainOf(address)).filter((domain) => domain !== '');
  return [...new Set(domains)];
}

function domainOf(address: string): string {
  const written = address.slice(address.lastIndexOf('@') + 1).replace(/\.$/, '');
  return address.includes('@') ? domainToASCII(written) : '';
}
