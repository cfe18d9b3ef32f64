import type { HeaderOp } from 'plugboard/email';
import type { QueuedRecipient } from '../queue/envelope.ts';
import type { Reply } from '../queue/journal-entry.ts';
import type { Route, TlsPolicy } from './route.ts';

/** Where a mail goes and how. */
export type Way =
  | { readonly by: 'maildir'; readonly folder: string }
  | {
      readonly by: 'smtp' | 'lmtp';
      /** The best first. */
      readonly hosts: readonly string[];
      readonly port: number;
      readonly tls: TlsPolicy;
      readonly login?: Extract<Route, { by: 'smtp' | 'lmtp' }>['login'];
      readonly bind?: string | undefined;
    };

export interface Addressee {
  /** Its place in the envelope. */
  readonly index: number;
  readonly recipient: QueuedRecipient;
}

/** One mail for recipients that go the same way. */
export interface Parcel {
  readonly way: Way;
  readonly headers: readonly HeaderOp[];
  readonly to: readonly Addressee[];
}

/** What an attempt came to for a recipient that did not get it. */
export type Undelivered =
  /** Nothing was tried: a plugin wants it later. */
  | { readonly is: 'held'; readonly index: number; readonly delayMs?: number | undefined }
  | { readonly is: 'refused'; readonly index: number; readonly reply: Reply; readonly host?: string };

/** Puts together what can go in one transaction. LMTP answers for each recipient alone, so there it is one. */
export function pack(single: readonly Parcel[]): Parcel[] {
  const parcels = new Map<string, Parcel>();
  for (const parcel of single) {
    const [first] = parcel.to;
    const alone = parcel.way.by === 'lmtp' ? first?.index : undefined;
    const key = JSON.stringify([
      parcel.way,
      parcel.headers,
      first?.recipient.notify,
      first?.recipient.orcpt,
      alone,
    ]);
    const there = parcels.get(key);
    parcels.set(key, there === undefined ? parcel : { ...there, to: [...there.to, ...parcel.to] });
  }
  return [...parcels.values()];
}
