import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { parseHeaders, rewriteHeaders, type Header, type HeaderOp } from 'plugboard/email';

/** The header of a message as it stands in its file. */
export interface HeaderBlock {
  /** Each character is one byte; the empty line behind it is not in it. */
  readonly text: string;
  /** Bytes before the body, the empty line included. */
  readonly bytes: number;
  /** Whether this is not all of it. */
  readonly isCut: boolean;
}

/** More than any header that is one. */
const maxHeaderBytes = 512 * 1024;

/** The header of a message file. What is longer than 512 KiB is cut there. */
export async function readHeaderBlock(file: string): Promise<HeaderBlock> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(maxHeaderBytes), 0, maxHeaderBytes, 0);
    const start = buffer.toString('latin1', 0, bytesRead);
    const end = /(?<=^|\n)\r?\n/.exec(start);
    if (end === null) return { text: start, bytes: start.length, isCut: bytesRead === maxHeaderBytes };
    return { text: start.slice(0, end.index), bytes: end.index + end[0].length, isCut: false };
  } finally {
    await handle.close();
  }
}

/** What the header says, for plugins. */
export function headersOf(block: HeaderBlock): readonly Header[] {
  return parseHeaders(Buffer.from(block.text, 'latin1').toString('utf8'));
}

/** The bytes of the header after the changes, with the empty line. */
export function changedHeader(block: HeaderBlock, changes: readonly HeaderOp[]): Buffer {
  const inBytes = changes.map((change) =>
    'value' in change ? { ...change, value: Buffer.from(change.value).toString('latin1') } : change,
  );
  return Buffer.from(`${rewriteHeaders(block.text, inBytes)}\r\n`, 'latin1');
}

/** A message file with a changed header, read as it is needed. */
export function changedMessage(file: string, block: HeaderBlock, changes: readonly HeaderOp[]): Readable {
  if (changes.length === 0) return createReadStream(file);
  return Readable.from(pieces(file, block, changes), { objectMode: false });
}

async function* pieces(
  file: string,
  block: HeaderBlock,
  changes: readonly HeaderOp[],
): AsyncGenerator<Buffer> {
  yield changedHeader(block, changes);
  for await (const chunk of createReadStream(file, { start: block.bytes })) yield chunk as Buffer;
}
