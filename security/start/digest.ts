import { createHash, timingSafeEqual } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import type { Sha256 } from '../whitelist/whitelist.ts';
import { FileFault } from './file-fault.ts';

/** Large enough to be fast, small enough that one piece is hashed in well under a millisecond. */
const pieceBytes = 512 * 1024;

/** What hashing a file may do besides. */
export interface DigestOptions {
  /** Gets the very bytes that are hashed. */
  readonly copyTo?: FileHandle | undefined;
  /** Hears how many bytes each piece had. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Hashing ends with a fault beyond so many. */
  readonly maxBytes?: number | undefined;
}

/** What was read. */
export interface Digest {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  /** The first bytes, up to 256. */
  readonly head: Buffer;
}

/**
 * Reads a file once from its beginning and hashes what it reads. The next piece is read while one is hashed and copied,
 * all but the hashing beside the event loop.
 * @throws {FileFault} `too-large` when the file grows beyond `maxBytes` while it is read.
 */
export async function digestOf(handle: FileHandle, options: DigestOptions = {}): Promise<Digest> {
  const { copyTo, onBytes, maxBytes = Infinity } = options;
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let sizeBytes = 0;
  let [piece, spare] = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)];
  let reading = handle.read(piece, 0, pieceBytes, 0);
  for (;;) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) break;
    const bytes = piece.subarray(0, bytesRead);
    if (sizeBytes === 0) head = Buffer.from(bytes.subarray(0, 256));
    sizeBytes += bytesRead;
    if (sizeBytes > maxBytes) throw new FileFault('too-large', 'it grew while it was read');
    reading = handle.read(spare, 0, pieceBytes, sizeBytes);
    reading.catch(() => {}); // it is awaited in the next turn, if there is one
    const copying = copyTo === undefined ? undefined : writeAll(copyTo, bytes);
    copying?.catch(() => {}); // it is awaited below
    hash.update(bytes);
    onBytes?.(bytesRead);
    await copying;
    [piece, spare] = [spare, piece];
  }
  return { sha256: hash.digest('hex'), sizeBytes, head };
}

async function writeAll(to: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await to.write(bytes, at)).bytesWritten;
}

/** Compares two hashes in a time that does not tell where they differ. */
export function sameSha256(one: Sha256, other: Sha256): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8'));
}
