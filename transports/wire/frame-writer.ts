import type { Writable } from 'node:stream';

import { PluginError } from '../../src/core/errors.ts';
import type { Encoded } from './encode.ts';

/** More than this in one turn is not worth collecting; written at once, the stream says when it is full. */
const flushAtBytes = 1024 * 1024;

/**
 * Writes frames to a stream: those of one turn of the event loop in one system call, none while the
 * other end does not read. What waits is bounded by `maxQueuedBytes`.
 */
export class FrameWriter {
  readonly #stream: Writable;
  readonly #maxQueuedBytes: number;
  #text = '';
  #parts: (string | Uint8Array)[] = [];
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

  /** @throws {PluginError} `PLUGIN_1212` when too much waits already. */
  write(frame: Encoded, frameBytes: number): void {
    if (this.#stream.destroyed || !this.#stream.writable) throw gone();
    if (this.#blocked && this.#queuedBytes + frameBytes > this.#maxQueuedBytes)
      throw notReading(this.#queuedBytes);
    this.#queuedBytes += frameBytes;
    this.#text += `${frame.text}\n`;
    for (const bytes of frame.attachments) this.#add(bytes);
    if (this.#blocked) return;
    if (this.#queuedBytes > flushAtBytes) return this.#flush();
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => this.#flush());
  }

  /** Sends what waits, then half-closes the stream. */
  end(): void {
    this.#ending = true;
    if (!this.#scheduled && !this.#blocked) this.#flush();
  }

  #add(bytes: Uint8Array): void {
    this.#parts.push(this.#text, bytes);
    this.#text = '';
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#stream.destroyed || !this.#stream.writable) return this.#drop();
    if (this.#parts.length > 0) this.#flushParts();
    if (this.#text !== '') this.#send(this.#text);
    this.#text = '';
    this.#queuedBytes = 0;
    if (this.#ending) this.#stream.end();
  }

  #drop(): void {
    this.#parts = [];
    this.#text = '';
    this.#queuedBytes = 0;
  }

  #flushParts(): void {
    this.#stream.cork();
    for (const part of this.#parts) this.#send(part);
    this.#parts = [];
    this.#stream.uncork();
  }

  #send(part: string | Uint8Array): void {
    if (part.length === 0) return;
    if (!this.#stream.write(part)) this.#blocked = true;
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
