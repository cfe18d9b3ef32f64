import { isAscii, isUtf8 } from 'node:buffer';

import { decodePlainLine, longLineBytes, mayHoldSpecialKeys } from './decode.ts';
import type { Incoming } from './messages.ts';

const lineFeed = 0x0a;

/** A smaller piece in the middle of a line would cost more to remember than it holds. */
const smallPieceBytes = 16 * 1024;

const nothing = Buffer.alloc(0);

/**
 * Reads lines of plain JSON as text: no bytes are joined, and what can be done once for many lines is.
 * It leaves alone whatever is not plain, and what is too long to be parsed without a look at it first.
 */
export class PlainLines {
  readonly #receive: (message: Incoming) => void;
  /** The beginning of a line, ASCII only: its bytes are its characters, and no character is cut in two. */
  #start = '';

  constructor(receive: (message: Incoming) => void) {
    this.#receive = receive;
  }

  /** Takes as much of a chunk as is plain. Of what it gives back, and of `take`, nothing was received. */
  read(chunk: Buffer, maxBytes: number): Buffer {
    if (this.#start.length + chunk.length > Math.min(maxBytes, longLineBytes)) return chunk;
    const end = chunk.lastIndexOf(lineFeed) + 1;
    if (end === 0) return this.#hold(chunk);
    const lines = end === chunk.length ? chunk : chunk.subarray(0, end);
    const text = textOf(lines);
    if (text === undefined || mayHoldSpecialKeys(text)) return chunk;
    const done = this.#readLines(text);
    if (done < text.length) return chunk.subarray(Buffer.byteLength(text.slice(0, done)));
    return this.#hold(chunk.subarray(end));
  }

  /** The beginning of a line that goes on as bytes. */
  take(): Buffer {
    const start = this.#start;
    this.#start = '';
    return Buffer.from(start, 'latin1');
  }

  /** Receives whole lines up to the first that is not plain; says where that begins. */
  #readLines(text: string): number {
    let from = 0;
    while (from < text.length) {
      const end = text.indexOf('\n', from);
      const message = this.#decode(text.slice(from, end));
      if (message === undefined) break;
      this.#receive(message);
      from = end + 1;
    }
    return from;
  }

  #decode(line: string): Incoming | undefined {
    if (this.#start === '') return decodePlainLine(line);
    const whole = this.#start + line;
    const message = mayHoldSpecialKeys(whole) ? undefined : decodePlainLine(whole);
    if (message !== undefined) this.#start = '';
    return message;
  }

  #hold(piece: Buffer): Buffer {
    if (this.#start !== '' && piece.length < smallPieceBytes) return piece;
    if (!isAscii(piece)) return piece;
    this.#start += piece.toString('latin1');
    return nothing;
  }
}

/** The text of some bytes; undefined if they are none. */
function textOf(bytes: Buffer): string | undefined {
  if (isAscii(bytes)) return bytes.toString('latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}
