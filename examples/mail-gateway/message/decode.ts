import { createReadStream, createWriteStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { decodeQuoted } from '../../mail/message/encoded-words.ts';
import type { Leaf } from './leaves.ts';

/** Writes the decoded content of a leaf into a file of its own, and says how long it is, in bytes. */
export async function extractLeaf(file: string, leaf: Leaf, to: string): Promise<number> {
  if (leaf.bodyEnd <= leaf.bodyStart) {
    await writeFile(to, '', { mode: 0o600 });
    return 0;
  }
  const source = createReadStream(file, { start: leaf.bodyStart, end: leaf.bodyEnd - 1 });
  await pipeline(source, decoders[leaf.encoding], createWriteStream(to, { mode: 0o600 }));
  return (await stat(to)).size;
}

const decoders = {
  none: (source: AsyncIterable<Buffer>) => source,
  base64: fromBase64,
  'quoted-printable': fromQuotedPrintable,
} satisfies Record<Leaf['encoding'], (source: AsyncIterable<Buffer>) => AsyncIterable<Buffer>>;

async function* fromBase64(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let left = '';
  for await (const chunk of source) {
    const text = left + chunk.toString('latin1').replace(/[^A-Za-z0-9+/]/g, '');
    const whole = text.length - (text.length % 4);
    left = text.slice(whole);
    yield Buffer.from(text.slice(0, whole), 'base64');
  }
  yield Buffer.from(left, 'base64');
}

async function* fromQuotedPrintable(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let left = '';
  for await (const chunk of source) {
    const text = left + chunk.toString('latin1');
    // What may go on in the next chunk: an escape, or a soft line break with white space before its end.
    const cut = /=[^\n=]{0,200}$/.exec(text)?.index ?? text.length;
    left = text.slice(cut);
    yield unquoted(text.slice(0, cut));
  }
  yield unquoted(left);
}

function unquoted(text: string): Buffer {
  return decodeQuoted(text.replace(/=[\t ]*\r?\n/g, ''));
}
