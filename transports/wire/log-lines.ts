import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

const lineFeed = 0x0a;

/**
 * Reads a stream line by line and always to its end. A line over `maxLineBytes` is cut there; the rest of it
 * is dropped. Memory is bounded by one line. The function it gives counts the bytes of a line that has no end yet.
 */
export function readLines(
  stream: Readable,
  maxLineBytes: number,
  onLine: (line: string, cut: boolean) => void,
): () => number {
  const decoder = new StringDecoder('utf8');
  let line = '';
  let cut = false;
  let bytes = 0;
  const take = (text: string): void => {
    const room = maxLineBytes - line.length;
    cut ||= text.length > room;
    line += room > 0 ? text.slice(0, room) : '';
  };
  const emit = (): void => {
    onLine(line.endsWith('\r') ? line.slice(0, -1) : line, cut);
    line = '';
    cut = false;
  };
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(lineFeed) + 1;
    bytes = end === 0 ? bytes + chunk.length : chunk.length - end;
    const [first = '', ...others] = decoder.write(chunk).split('\n');
    take(first);
    for (const text of others) {
      emit();
      take(text);
    }
  });
  stream.on('end', () => {
    if (line !== '') emit();
  });
  return () => bytes;
}
