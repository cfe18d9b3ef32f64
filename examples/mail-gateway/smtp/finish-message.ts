import { createWriteStream } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { changedHeader, type HeaderBlock } from '../message/header-block.ts';
import { bodyWithout } from '../message/replace-parts.ts';
import type { Changes } from './case.ts';

/** Makes the changes in a message's file, synced, and says how long it is now, in bytes. */
export async function finishMessage(file: string, header: HeaderBlock, changes: Changes): Promise<number> {
  if (changes.headers.length > 0 || changes.parts.length > 0) {
    const draft = `${file}.tmp`;
    const sink = createWriteStream(draft, { mode: 0o600, flush: true });
    await pipeline(Readable.from(pieces(file, header, changes), { objectMode: false }), sink);
    await rename(draft, file);
  }
  return (await stat(file)).size;
}

async function* pieces(
  file: string,
  header: HeaderBlock,
  { headers, parts }: Changes,
): AsyncGenerator<Buffer> {
  yield changedHeader(header, headers);
  yield* bodyWithout(file, header.bytes, parts);
}
