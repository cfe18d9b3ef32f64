import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { HarakaTransaction } from './haraka-parts.ts';
import { rewriteHeaders } from './header-block.ts';
import type { HeaderOp } from './header.ts';

/** A message in a file of its own, until it is disposed of. */
export interface Spooled extends AsyncDisposable {
  readonly file: string;
  readonly size: number;
  readonly lines: number;
}

/** Writes a message to a file that this user alone can read, unless the signal ends that. */
export async function spool({ message_stream }: HarakaTransaction, signal: AbortSignal): Promise<Spooled> {
  const folder = await mkdtemp(join(tmpdir(), 'plugboard-haraka-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const out = createWriteStream(join(folder, 'message.eml'), { mode: 0o600 });
    let lines = 0;
    const bytes = new PassThrough().on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
    });
    const written = pipeline(bytes, out, { signal });
    message_stream.pipe(bytes);
    await written;
    return { file: String(out.path), size: out.bytesWritten, lines, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Changes the header of a message that waits in Haraka; lines that are not concerned stay as they are. */
export function changeHeader(transaction: HarakaTransaction, ops: readonly HeaderOp[]): void {
  if (ops.length === 0) return;
  const { header } = transaction;
  const block = rewriteHeaders(header.header_list.join(''), ops).replaceAll('\r\n', '\n');
  header.header_list.length = 0;
  header.headers = {};
  header.headers_decoded = {};
  header.parse(block.match(/[^\n]*\n/g) ?? []);
  transaction.reset_headers();
}
