import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SMTPServerDataStream } from 'smtp-server';

/** A message as it lies on the disk. */
export interface Received {
  readonly file: string;
  /** With the trace field that this side has put before it. */
  readonly sizeBytes: number;
  readonly lines: number;
  /** In lower-case hexadecimal. */
  readonly sha256: string;
}

/**
 * Writes a message to a file as it comes in, and syncs it; gives undefined for one over the limit, of which the rest
 * is read and dropped. However long it is, a few chunks of it are in memory.
 */
export async function receive(
  stream: SMTPServerDataStream,
  file: string,
  trace: string,
  maxBytes: number,
): Promise<Received | undefined> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let lines = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes + trace.length) return done();
      hash.update(chunk);
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
      done(null, chunk);
    },
  });
  measure.write(Buffer.from(trace));
  await pipeline(stream, measure, createWriteStream(file, { mode: 0o600, flush: true }));
  if (sizeBytes > maxBytes + trace.length) return undefined;
  return { file, sizeBytes, lines, sha256: hash.digest('hex') };
}
