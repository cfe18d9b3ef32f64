import { createReadStream } from 'node:fs';

/** A line of a file, one character for each byte, with its end. */
export interface Line {
  readonly text: string;
  /** Where in the file it begins. */
  readonly at: number;
}

/** A longer one is given in pieces, so that no line fills the memory. */
const maxLineBytes = 64 * 1024;

/** The lines of a file, one after the other. */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  let at = 0;
  let left = '';
  for await (const chunk of createReadStream(file, { encoding: 'latin1' })) {
    left += chunk as string;
    let start = 0;
    for (let end = left.indexOf('\n'); end !== -1; end = left.indexOf('\n', start)) {
      yield { text: left.slice(start, end + 1), at };
      at += end + 1 - start;
      start = end + 1;
    }
    left = left.slice(start);
    if (left.length > maxLineBytes) {
      yield { text: left, at };
      at += left.length;
      left = '';
    }
  }
  if (left !== '') yield { text: left, at };
}
