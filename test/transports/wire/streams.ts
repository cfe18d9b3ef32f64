import * as fc from 'fast-check';
import type { Encoded } from '../../../transports/wire/encode.ts';
import { FrameReader } from '../../../transports/wire/frame-reader.ts';
import type { Fault, Incoming } from '../../../transports/wire/messages.ts';

/** What a reader found, in its order. */
export type Found = { readonly message: Incoming } | { readonly fault: Omit<Fault, 'preview'> };

/** Reads pieces of a stream. */
export function read(pieces: readonly Uint8Array[], maxFrameBytes: number): Found[] {
  const found: Found[] = [];
  const reader = new FrameReader(
    {
      message: (message) => found.push({ message }),
      fault: ({ kind, id, isQuestion, isFatal }) =>
        found.push({ fault: { kind, id, isQuestion, ...(isFatal === true && { isFatal }) } }),
    },
    maxFrameBytes,
  );
  for (const piece of pieces) reader.push(Buffer.from(piece));
  return found;
}

/** Cuts bytes at some places; the numbers may be any. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [0, ...ends].map((start, at) => bytes.subarray(start, ends[at] ?? bytes.length));
}

/** A frame as it stands on the wire. */
export function onTheWire({ text, attachments }: Encoded): Buffer {
  return Buffer.concat([Buffer.from(`${text}\n`), ...attachments]);
}

/** Keys of users: ordinary ones, and the ones that look like what the wire writes itself. */
const key = fc.oneof(
  fc.constantFrom(
    '$bytes',
    '$$bytes',
    '$$$bytes',
    'bytes',
    '$bytes2',
    'id',
    'result',
    'method',
    'constructor',
    '',
  ),
  fc.string({ unit: 'grapheme' }).filter((text) => text !== '__proto__'),
);

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 40 }),
);

/** What a user may send: JSON with bytes in it. */
export const payload: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
})).value;

/** Places to cut a stream at. */
export const places: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 30 });
