import type { Writable } from 'node:stream';

import { PluginError } from '../../src/core/errors.ts';
import type { Traffic } from '../../src/core/metrics.ts';
import type { Encoded } from './encode.ts';

/** Lines are put together in pages of this. */
const pageBytes = 64 * 1024;

/**
 * What is worth a system call before the turn is over: the other end works on it while this one goes on. Twice as
 * much each time, up to a point: once it has something to do, fewer calls are better, but it is not to run dry.
 */
const firstFlushBytes = 2 * 1024;
const laterFlushBytes = 8 * 1024;

/** A longer line has memory of its own, so that little of a page is left empty; in a page its UTF-8 always has room. */
const longText = 16 * 1024;

/** The last character of UTF-8 that was cut short leaves less than this, its line feed included. */
const spareBytes = 5;

/** What one system call takes at most, unless one part is larger: about what a socket holds for its reader. */
const callBytes = 256 * 1024;

const lineFeed = 0x0a;
const nothing = Buffer.alloc(0);

/**
 * Writes frames to a stream: small ones of one turn of the event loop in few system calls, none while the
 * other end does not read. What waits is bounded by `maxQueuedBytes`.
 */
export class FrameWriter {
  readonly #stream: Writable;
  readonly #maxQueuedBytes: number;
  readonly #traffic: Traffic | undefined;
  /** What leaves before the lines in `#page` from `#start` to `#end`. */
  #parts: Uint8Array[] = [];
  /** Bytes of it are used once: the stream may still hold them. */
  #page: Buffer = nothing;
  #start = 0;
  #end = 0;
  #queuedBytes = 0;
  #flushAtBytes: number = firstFlushBytes;
  #scheduled = false;
  #blocked = false;
  #ending = false;

  constructor(stream: Writable, maxQueuedBytes: number, traffic?: Traffic) {
    this.#stream = stream;
    this.#traffic = traffic;
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
  write(frame: Encoded): void {
    if (this.#stream.destroyed || !this.#stream.writable) throw gone();
    const leastBytes = frame.text.length + bytesBeside(frame);
    if (this.#blocked && this.#queuedBytes + leastBytes > this.#maxQueuedBytes)
      throw notReading(this.#queuedBytes);
    this.#addLine(frame.text);
    for (const bytes of frame.attachments) this.#add(bytes);
    if (!this.#blocked && this.#queuedBytes >= this.#flushAtBytes) this.#flushEarly();
    this.#own(frame.attachments.length);
    if (this.#blocked || this.#scheduled || this.#queuedBytes === 0) return;
    this.#scheduled = true;
    process.nextTick(() => this.#flushLast());
  }

  #flushEarly(): void {
    this.#flushAtBytes = Math.min(2 * this.#flushAtBytes, laterFlushBytes);
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
      this.#parts[at] = Buffer.from(this.#parts[at] ?? nothing);
    }
  }

  /** Sends what waits, then half-closes the stream. */
  end(): void {
    this.#ending = true;
    if (!this.#scheduled && !this.#blocked) this.#flush();
  }

  #addLine(text: string): void {
    if (text.length > longText) return this.#add(longLine(text));
    if (this.#writeLine(text)) return;
    this.#closeLines();
    this.#page = Buffer.allocUnsafeSlow(pageBytes);
    this.#start = this.#end = 0;
    this.#writeLine(text);
  }

  /** Whether the line had room on the page. Its bytes are not counted before: to count is as much work as to write. */
  #writeLine(text: string): boolean {
    const room = this.#page.length - this.#end;
    if (room < text.length + spareBytes) return false;
    const written = this.#page.write(text, this.#end, 'utf8');
    if (written > room - spareBytes) return false;
    this.#end += written;
    this.#page[this.#end++] = lineFeed;
    this.#queuedBytes += written;
    return true;
  }

  /** Queues a part as it is. */
  #add(part: Uint8Array): void {
    this.#closeLines();
    if (part.length > 0) this.#parts.push(part);
    this.#queuedBytes += part.length;
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
    this.#queuedBytes = 0;
  }

  /** As many parts as one system call takes. */
  #sendParts(): void {
    let bytes = 0;
    const last = this.#parts.findIndex((part) => (bytes += part.length) >= callBytes);
    const parts = this.#parts.splice(0, last === -1 ? this.#parts.length : last + 1);
    this.#queuedBytes = Math.max(0, this.#queuedBytes - bytes);
    if (parts.length > 1) this.#stream.cork();
    for (const part of parts) this.#stream.write(part);
    if (parts.length > 1) this.#stream.uncork();
    this.#traffic?.sent(bytes);
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

/** How many raw bytes follow the line of a frame. */
export function bytesBeside({ attachments }: Encoded): number {
  return attachments.reduce((sum, bytes) => sum + bytes.byteLength, 0);
}

/** A line in memory of its own. Most text is ASCII and then known to be whole, with no other look at it. */
function longLine(text: string): Buffer {
  const line = Buffer.allocUnsafeSlow(text.length + spareBytes);
  const written = line.write(text, 'utf8');
  if (written > text.length) return Buffer.from(`${text}\n`);
  line[written] = lineFeed;
  return line.subarray(0, written + 1);
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
