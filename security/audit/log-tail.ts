import type { FileHandle } from 'node:fs/promises';

import { maxLineBytes } from './draft.ts';
import { readRecord } from './parse-record.ts';
import type { Head } from './record.ts';

/** How a log's file ends. */
export type LogTail =
  | { readonly kind: 'empty' }
  /** Ends with a good record. `torn` is what stands after it: a line whose writing was cut off. */
  | { readonly kind: 'record'; readonly head: Head; readonly torn: Buffer }
  /** Holds nothing but a line that was cut off. */
  | { readonly kind: 'torn'; readonly torn: Buffer }
  | { readonly kind: 'damaged'; readonly reason: string };

const lineFeed = 0x0a;

/** Reads the end of a log's file, however large it is. */
export async function readTail(handle: FileHandle, size: number): Promise<LogTail> {
  if (size === 0) return { kind: 'empty' };
  const start = Math.max(0, size - 2 * maxLineBytes);
  const end = await readAll(handle, start, size - start);
  const afterLast = end.lastIndexOf(lineFeed) + 1;
  const torn = end.subarray(afterLast);
  if (torn.length > 0 && !isStartOfRecord(torn)) {
    return { kind: 'damaged', reason: 'its end is no audit record' };
  }
  if (afterLast === 0) {
    return start === 0 ? { kind: 'torn', torn } : { kind: 'damaged', reason: 'its last line is too long' };
  }
  const from = afterLast === 1 ? 0 : end.lastIndexOf(lineFeed, afterLast - 2) + 1;
  const last = readRecord(end.toString('utf8', from, afterLast - 1));
  if (last.kind !== 'record') return { kind: 'damaged', reason: `of its last line: ${last.reason}` };
  return { kind: 'record', head: { seq: last.record.seq, hash: last.record.hash }, torn };
}

const beginning = Buffer.from('{"v":1,"seq":');

/** What a cut-off write leaves: the beginning of a record, or the zeros of a block that was never filled. */
function isStartOfRecord(bytes: Buffer): boolean {
  const shared = Math.min(bytes.length, beginning.length);
  return bytes.subarray(0, shared).equals(beginning.subarray(0, shared)) || bytes.every((byte) => byte === 0);
}

async function readAll(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
