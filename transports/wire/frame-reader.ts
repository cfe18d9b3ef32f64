import { printable } from '../../src/core/printable.ts';
import {
  decodeLine,
  firstBytes,
  lastBytes,
  originIn,
  originOf,
  reviveBytes,
  type Decoded,
} from './decode.ts';
import { HeldBytes } from './held-bytes.ts';
import type { Fault, Incoming } from './messages.ts';
import { PlainLines } from './plain-lines.ts';

/** Who gets what a reader finds. */
export interface FrameSink {
  message(message: Incoming): void;
  fault(fault: Fault): void;
}

const lineFeed = 0x0a;

const maxBlankLines = 10_000;

const nothing = Buffer.alloc(0);

type Whole = Extract<Decoded, { ok: true }>;

type State =
  | { readonly at: 'line' }
  /** The line was too long: skip to its end. */
  | { readonly at: 'rest-of-line'; head: Buffer; tail: Buffer }
  | { readonly at: 'bytes'; readonly frame: Whole; readonly wanted: number }
  | { readonly at: 'skipped-bytes'; left: number };

/**
 * Cuts a stream of bytes into frames. Its memory is bounded by `maxFrameBytes`, whatever arrives:
 * what is too large is skipped and reported, and the next line is read as if nothing had been.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  /** Frames above are skipped; the handshake may lower it. */
  maxFrameBytes: number;
  /** Whether the other end sends raw bytes beside the envelope; else `$bytes` and `bytes` are its own words. */
  attachments: boolean = true;
  /** Whether the other end has still to answer the handshake: what is too large then is a flood, and ends the wire. */
  awaitsGreeting: boolean = false;
  #state: State = { at: 'line' };
  readonly #held = new HeldBytes();
  readonly #plain: PlainLines;
  #blankLines = 0;

  constructor(sink: FrameSink, maxFrameBytes: number) {
    this.#sink = sink;
    this.#plain = new PlainLines((message) => sink.message(message));
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Takes the next piece of the stream; its ends may fall anywhere. */
  push(chunk: Buffer): void {
    let rest = this.#isBetweenFrames ? chunk : this.#step(chunk);
    if (this.#isBetweenFrames) rest = this.#readPlainLines(rest);
    while (rest.length > 0) rest = this.#step(rest);
  }

  /** Nothing that is still in a piece, or comes after it, is looked at. */
  stop(): void {
    this.#state = { at: 'skipped-bytes', left: Infinity };
  }

  /** Whether nothing waits as bytes. */
  get #isBetweenFrames(): boolean {
    return this.#state.at === 'line' && this.#held.length === 0;
  }

  /** Most of what comes is plain, so that this leaves nothing. */
  #readPlainLines(chunk: Buffer): Buffer {
    const rest = this.#plain.read(chunk, this.maxFrameBytes);
    if (rest.length > 0) this.#held.add(this.#plain.take());
    return rest;
  }

  #step(chunk: Buffer): Buffer {
    const state = this.#state;
    if (state.at === 'line') return this.#readLine(chunk);
    if (state.at === 'rest-of-line') return this.#skipLine(chunk, state);
    if (state.at === 'bytes') return this.#readBytes(chunk, state);
    const skipped = Math.min(state.left, chunk.length);
    state.left -= skipped;
    if (state.left === 0) this.#state = { at: 'line' };
    return chunk.subarray(skipped);
  }

  #readLine(chunk: Buffer): Buffer {
    const end = chunk.indexOf(lineFeed);
    const piece = end === -1 ? chunk : chunk.subarray(0, end);
    if (this.#held.length + piece.length > this.maxFrameBytes) {
      if (this.awaitsGreeting && end === -1) return this.#flooded(chunk);
      this.#state = this.#tooLong();
      return chunk;
    }
    if (end === -1) {
      this.#held.add(chunk);
      return chunk.subarray(chunk.length);
    }
    this.#finishLine(this.#held.take(piece));
    return chunk.subarray(end + 1);
  }

  /** Nobody waits for the end of a line that cannot be the answer: it may never come. */
  #flooded(chunk: Buffer): Buffer {
    const line = this.#held.take(chunk);
    this.stop();
    const flood = { bytes: line.length, maxBytes: this.maxFrameBytes };
    const preview = printable(line.toString('latin1', 0, 80));
    this.#sink.fault({ kind: 'too-large', isFatal: true, preview, flood });
    return nothing;
  }

  /** Keeps both ends of the line, as copies, and lets go of the rest. */
  #tooLong(): State {
    const held = this.#held.take(nothing);
    return {
      at: 'rest-of-line',
      head: Buffer.from(held.subarray(0, firstBytes)),
      tail: Buffer.from(held.subarray(-lastBytes)),
    };
  }

  #skipLine(chunk: Buffer, state: Extract<State, { at: 'rest-of-line' }>): Buffer {
    const end = chunk.indexOf(lineFeed);
    const piece = end === -1 ? chunk : chunk.subarray(0, end);
    const room = firstBytes - state.head.length;
    if (room > 0) state.head = Buffer.concat([state.head, piece.subarray(0, room)]);
    state.tail = Buffer.concat([state.tail, piece.subarray(-lastBytes)]).subarray(-lastBytes);
    if (end === -1) return chunk.subarray(chunk.length);
    this.#state = { at: 'line' };
    const { attachedBytes, ...origin } = originIn(
      state.head.toString('latin1'),
      state.tail.toString('latin1'),
    );
    const preview = printable(state.head.toString('latin1', 0, 80));
    this.#drop({ kind: 'too-large', ...origin, preview }, attachedBytes);
    return chunk.subarray(end + 1);
  }

  #finishLine(line: Buffer): void {
    if (isBlank(line)) return this.#blank();
    const decoded = decodeLine(line, this.attachments);
    if (!decoded.ok) return this.#drop(decoded.fault, decoded.attachedBytes);
    const wanted = decoded.lengths.reduce((sum, length) => sum + length, 0);
    if (line.length + wanted > this.maxFrameBytes) return this.#skipBytes(line, wanted);
    if (wanted > 0) this.#state = { at: 'bytes', frame: decoded, wanted };
    else this.#finishFrame(decoded, nothing);
  }

  /** A few blank lines harm nothing; a flood of them is meant to. */
  #blank(): void {
    if (++this.#blankLines > maxBlankLines) this.#sink.fault({ kind: 'malformed', isFatal: true });
  }

  #skipBytes(line: Buffer, wanted: number): void {
    const { attachedBytes: _, ...origin } = originOf(line);
    this.#skip(wanted);
    this.#sink.fault({ kind: 'too-large', ...origin, preview: printable(line.toString('latin1', 0, 80)) });
  }

  #skip(bytes: number): void {
    if (bytes > 0 && this.attachments) this.#state = { at: 'skipped-bytes', left: bytes };
  }

  /** Drops a frame; one after which nothing can be believed ends the wire. */
  #drop(fault: Fault, attachedBytes: number): void {
    this.#skip(attachedBytes);
    this.#sink.fault({ ...fault, isFatal: this.attachments && attachedBytes === Infinity });
  }

  #readBytes(chunk: Buffer, state: Extract<State, { at: 'bytes' }>): Buffer {
    const missing = state.wanted - this.#held.length;
    if (chunk.length < missing) {
      this.#held.add(chunk);
      return chunk.subarray(chunk.length);
    }
    const bytes = this.#held.take(chunk.subarray(0, missing));
    this.#state = { at: 'line' };
    this.#finishFrame(state.frame, bytes);
    return chunk.subarray(missing);
  }

  #finishFrame(frame: Whole, bytes: Buffer): void {
    if (!frame.marked) return this.#sink.message(frame.message);
    const message = reviveBytes(frame.message, slices(bytes, frame.lengths));
    if (message !== undefined) return this.#sink.message(message);
    const { id, method } = frame.message;
    const known = typeof id === 'number' || typeof id === 'string' ? id : undefined;
    this.#sink.fault({ kind: 'malformed', id: known, isQuestion: method !== undefined });
  }
}

function isBlank(line: Buffer): boolean {
  return line.length === 0 || (line.length === 1 && line[0] === 0x0d);
}

/** Each attachment as a view of memory that no other frame shares. */
function slices(bytes: Buffer, lengths: readonly number[]): Uint8Array[] {
  const own = bytes.buffer.byteLength === bytes.byteLength ? bytes : new Uint8Array(bytes);
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return new Uint8Array(own.buffer, own.byteOffset + end - length, length);
  });
}
