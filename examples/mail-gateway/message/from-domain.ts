import type { Header } from 'plugboard/email';

/** The domain of the first address in From, in lower case; '' if there is none. */
export function domainOfFrom(headers: readonly Header[]): string {
  const from = headers.find(([name]) => name.toLowerCase() === 'from')?.[1] ?? '';
  const address = /<([^<>]*)>/.exec(from)?.[1] ?? from;
  return /@([\w.-]+)\s*$/.exec(address.trim())?.[1]?.toLowerCase() ?? '';
}
