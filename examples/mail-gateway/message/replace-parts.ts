import { createReadStream } from 'node:fs';
import type { PartReplacement } from 'plugboard/email';
import type { Leaf } from './leaves.ts';

/** What takes the place of a leaf. */
export interface Replaced {
  readonly leaf: Leaf;
  readonly replacement: PartReplacement;
}

/** The body of a message, from its first byte after the header, with some leaves replaced. */
export async function* bodyWithout(
  file: string,
  bodyStart: number,
  replaced: readonly Replaced[],
): AsyncGenerator<Buffer> {
  let at = bodyStart;
  for (const { leaf, replacement } of replaced) {
    // The header of a message without parts is the message's own, and is changed with it.
    const isWhole = leaf.headerStart < bodyStart;
    yield* range(file, at, isWhole ? leaf.bodyStart : leaf.headerStart);
    yield Buffer.from(`${isWhole ? '' : partHeader(replacement)}${inBase64(replacement.text)}`);
    at = leaf.bodyEnd;
  }
  yield* range(file, at, Infinity);
}

async function* range(file: string, start: number, end: number): AsyncGenerator<Buffer> {
  if (end <= start) return;
  for await (const chunk of createReadStream(file, { start, end: end - 1 })) yield chunk as Buffer;
}

function partHeader({ contentType }: PartReplacement): string {
  return `Content-Type: ${contentType}\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
}

function inBase64(text: string): string {
  return Buffer.from(text)
    .toString('base64')
    .replace(/.{76}(?=.)/g, '$&\r\n');
}
