import type { Writable } from 'node:stream';

import { PluginError } from '../../src/core/errors.ts';
import type { Encoded } from './encode.ts';

/** Lines are put together in pages of this. */
const pageBytes = 64 * 1024;

/**
 * What is worth a system call before the turn is over: the other end works on it while this one goes on. Twice as
 * much each time: once it has something to do, fewer calls are better.
 */
const firstFlushBytes = 8 * 1024;

/** A longer line goes as it is: to copy it costs more than a part of its own. */
const largeBytes = 16 * 1024;

/** What one system call takes at most, unless one part is larger: about what a socket holds for its reader. */
const callBytes = 256 * 1024;

const lineFeed = 0x0a;
const lineEnd = Buffer.of(lineFeed);

type Part = string | Uint8Array;

/**
 * Writes frames to a stream: small ones of one turn of the event loop in few system calls, none while the
 * other end does not read. What waits is bounded by `maxQueuedBytes`.
 */
export class FrameWriter {
  readonly #stream: Writable;
  readonly #maxQueuedBytes: number;
  /** What leaves before the lines in `#page` from `#start` to `#end`. */
  #parts: Part[] = [];
  /** Bytes of it are used once: the stream may still hold them. */
  #page: Buffer = lineEnd;
  #start = lineEnd.length;
  #end = lineEnd.length;
  /** ASCII is the same bytes in both, and written several times as fast in the first. */
  #encoding: 'latin1' | 'utf8' = 'latin1';
  #queuedBytes = 0;
  #flushAtBytes: number = firstFlushBytes;
  #scheduled = false;
  #blocked = false;
  #ending = false;

  constructor(stream: Writable, maxQueuedBytes: number) {
    this.#stream = stream;
    this.#maxQueuedBytes = maxQueuedBytes;
    stream.on('drain', () => this.#unblock());
  }

  /** Whether the other end is behind with reading. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** What the other end has not taken yet, in bytes. */
  get backlogBytes(): number {
    return this.#queuedBytes + this.#stream.writableLength;
  }

  /** @throws {PluginError} `PLUGIN_1212` when too much waits already. */
  write(frame: Encoded, frameBytes: number): void {
    if (this.#stream.destroyed || !this.#stream.writable) throw gone();
    if (this.#blocked && this.#queuedBytes + frameBytes > this.#maxQueuedBytes)
      throw notReading(this.#queuedBytes);
    this.#queuedBytes += frameBytes;
    const attachedBytes = frame.attachments.reduce((sum, bytes) => sum + bytes.byteLength, 0);
    this.#addLine(frame.text, frameBytes - attachedBytes);
    for (const bytes of frame.attachments) this.#add(bytes);
    if (!this.#blocked && this.#queuedBytes >= this.#flushAtBytes) this.#flushEarly();
    this.#own(frame.attachments.length);
    if (this.#blocked || this.#scheduled || this.#queuedBytes === 0) return;
    this.#scheduled = true;
    process.nextTick(() => this.#flushLast());
  }

  #flushEarly(): void {
    this.#flushAtBytes = Math.min(2 * this.#flushAtBytes, pageBytes);
    this.#flush();
  }

  #flushLast(): void {
    this.#scheduled = false;
    this.#flushAtBytes = firstFlushBytes;
    this.#flush();
  }

  /**
   * Copies bytes among the last parts that were not handed to the system yet: their length is announced, and their
   * sender may refill or give away its buffer meanwhile.
   */
  #own(count: number): void {
    for (let at = Math.max(0, this.#parts.length - count); at < this.#parts.length; at++) {
      const part = this.#parts[at];
      if (part instanceof Uint8Array) this.#parts[at] = Buffer.from(part);
    }
  }

  /** Sends what waits, then half-closes the stream. */
  end(): void {
    this.#ending = true;
    if (!this.#scheduled && !this.#blocked) this.#flush();
  }

  #addLine(text: string, bytes: number): void {
    const isAscii = bytes === text.length;
    if (bytes >= largeBytes) {
      if (!isAscii) this.#encoding = 'utf8';
      this.#add(text);
      return this.#add(lineEnd);
    }
    if (this.#end + bytes + 1 > this.#page.length) this.#turnPage();
    this.#end += this.#page.write(text, this.#end, isAscii ? 'latin1' : 'utf8');
    this.#page[this.#end++] = lineFeed;
  }

  #turnPage(): void {
    this.#closeLines();
    this.#page = Buffer.allocUnsafeSlow(pageBytes);
    this.#start = this.#end = 0;
  }

  /** Queues a part as it is. */
  #add(part: Part): void {
    this.#closeLines();
    if (part.length > 0) this.#parts.push(part);
  }

  #closeLines(): void {
    if (this.#end > this.#start) this.#parts.push(this.#page.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  #flush(): void {
    if (this.#stream.destroyed || !this.#stream.writable) return this.#drop();
    this.#closeLines();
    while (this.#parts.length > 0 && !this.#blocked) this.#sendParts();
    if (this.#blocked) return;
    this.#drop();
    if (this.#ending) this.#stream.end();
  }

  #drop(): void {
    this.#parts = [];
    this.#encoding = 'latin1';
    this.#queuedBytes = 0;
  }

  /** As many parts as one system call takes. */
  #sendParts(): void {
    let bytes = 0;
    let count = 0;
    // The end of a line goes with it: without it the other end could not begin.
    while (count < this.#parts.length && (bytes < callBytes || this.#parts[count] === lineEnd))
      bytes += Buffer.byteLength(this.#parts[count++] ?? '');
    this.#queuedBytes = Math.max(0, this.#queuedBytes - bytes);
    const parts = this.#parts.splice(0, count);
    if (parts.length > 1) this.#stream.cork();
    for (const part of parts) this.#stream.write(part, this.#encoding);
    if (parts.length > 1) this.#stream.uncork();
    this.#look();
  }

  /** What the system took at once is not waiting, even if the stream says that it is full. */
  #look(): void {
    this.#blocked = this.#stream.writableNeedDrain && this.#stream.writableLength > 0;
  }

  #unblock(): void {
    this.#blocked = false;
    if (!this.#scheduled) this.#flush();
  }
}

function gone(): PluginError {
  return new PluginError('RPC_2003', {
    message: 'the connection to the plugin is closed. It is started again; repeat the call.',
  });
}

function notReading(queuedBytes: number): PluginError {
  return new PluginError('PLUGIN_1212', {
    message: `the plugin does not read: ${queuedBytes} bytes wait for it. Send less at once, or look at why it is stuck.`,
    context: { queuedBytes },
  });
}
