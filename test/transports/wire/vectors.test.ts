import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { read } from './streams.ts';

/** The test vectors of docs/protocol.md, which describes them. */
interface Vector {
  readonly name: string;
  readonly maxFrameBytes?: number;
  /** Pieces of the stream, each character a byte. */
  readonly chunks: readonly string[];
  readonly expect: readonly Expected[];
}

type Expected = { readonly message: unknown } | { readonly fault: string; readonly id?: unknown };

const folder = fileURLToPath(new URL('../../fixtures/vectors/', import.meta.url));

const vectors = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(`${folder}${name}`, 'utf8')) as Vector);

/** Bytes stand in the vectors as `{"$latin1": …}`. */
function withBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withBytes);
  if ('$latin1' in value && typeof value.$latin1 === 'string') {
    return new Uint8Array(Buffer.from(value.$latin1, 'latin1'));
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withBytes(inner)]));
}

function found(pieces: readonly Uint8Array[], maxFrameBytes: number): unknown[] {
  return read(pieces, maxFrameBytes).map((item) =>
    'message' in item ? item : { fault: item.fault.kind, id: item.fault.id },
  );
}

describe('the reader finds what the protocol says', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    const { chunks, maxFrameBytes = 16 * 1024 * 1024, expect: entries } = vector;
    const pieces = chunks.map((chunk) => Buffer.from(chunk, 'latin1'));
    const whole = Buffer.concat(pieces);
    const wanted = entries.map((entry) =>
      'message' in entry ? { message: withBytes(entry.message) } : { fault: entry.fault, id: entry.id },
    );
    expect(found(pieces, maxFrameBytes), 'in the pieces of the vector').toEqual(wanted);
    expect(found([whole], maxFrameBytes), 'all at once').toEqual(wanted);
    expect(
      found(
        Array.from(whole, (byte) => Uint8Array.of(byte)),
        maxFrameBytes,
      ),
      'byte by byte',
    ).toEqual(wanted);
  });

  it('in every file of the folder', () => {
    expect(vectors.length).toBeGreaterThan(30);
  });
});
