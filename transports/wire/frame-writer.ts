import type { Writable } from 'node:stream';

import { PluginError } from '../../src/core/errors.ts';
import type { Encoded } from './encode.ts';

/** What is worth a system call before the turn is over: the other end works on it while this one goes on. */
const flushAtBytes = 8 * 1024;

/** Up to here Node writes a text from its stack, without memory for a request; from here on it is not joined with others. */
const largeText = 16 * 1024;

/** What one system call takes at most, unless one part is larger: about what a socket holds for its reader. */
const callBytes = 256 * 1024;

type Part = string | Uint8Array;

/**
 * Writes frames to a stream: small ones of one turn of the event loop in few system calls, none while the
 * other end does not read. What waits is bounded by `maxQueuedBytes`.
 */
export class FrameWriter {
  readonly #stream: Writable;
  readonly #maxQueuedBytes: number;
  /** Large parts, each with the small ones before it as one text; `#text` is what came after them. */
  #parts: Part[] = [];
  #text = '';
  #encoding: 'latin1' | 'utf8' = 'latin1';
  #queuedBytes = 0;
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
    // ASCII is the same bytes in both, and written several times as fast in the first.
    if (frameBytes !== frame.text.length) this.#encoding = 'utf8';
    if (frame.text.length >= largeText) this.#add(frame.text);
    else this.#text += frame.text;
    this.#text += '\n';
    for (const bytes of frame.attachments) this.#add(bytes);
    if (!this.#blocked && this.#queuedBytes >= flushAtBytes) this.#flush();
    this.#own(2 * frame.attachments.length + 1);
    if (this.#blocked || this.#scheduled || this.#queuedBytes === 0) return;
    this.#scheduled = true;
    process.nextTick(() => this.#flush());
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

  /** Queues a part as it is: to join large texts would copy them. */
  #add(part: Part): void {
    if (this.#text !== '') this.#parts.push(this.#text);
    if (part.length > 0) this.#parts.push(part);
    this.#text = '';
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#stream.destroyed || !this.#stream.writable) return this.#drop();
    if (this.#parts.length > 0) this.#add('');
    while (this.#parts.length > 0 && !this.#blocked) this.#sendParts();
    if (this.#blocked) return;
    if (this.#text !== '') this.#send(this.#text);
    this.#drop();
    if (this.#ending) this.#stream.end();
  }

  #drop(): void {
    this.#parts = [];
    this.#text = '';
    this.#encoding = 'latin1';
    this.#queuedBytes = 0;
  }

  /** As many parts as one system call takes. */
  #sendParts(): void {
    let bytes = 0;
    const last = this.#parts.findIndex((part) => (bytes += Buffer.byteLength(part)) >= callBytes);
    const parts = this.#parts.splice(0, last === -1 ? this.#parts.length : last + 1);
    // The end of the last line goes with it: without it the other end could not begin.
    const next = this.#parts[0];
    if (typeof next === 'string' && next.length < largeText) {
      parts.push(next);
      this.#parts.shift();
      bytes += Buffer.byteLength(next);
    }
    this.#queuedBytes = Math.max(0, this.#queuedBytes - bytes);
    this.#stream.cork();
    for (const part of parts) this.#stream.write(part, this.#encoding);
    this.#stream.uncork();
    this.#look();
  }

  #send(text: string): void {
    this.#stream.write(text, this.#encoding);
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
