import type { Readable, Writable } from 'node:stream';

import { PluginError } from '../../src/core/errors.ts';
import type { Traffic } from '../../src/core/metrics.ts';
import { encode, type Encoded } from './encode.ts';
import { FrameReader } from './frame-reader.ts';
import { bytesBeside, FrameWriter } from './frame-writer.ts';
import type { Message, Terms, Wire, WireReceiver } from './messages.ts';

/** How many frames of the largest size may wait for an end that does not read: 64 MiB by default. */
const maxQueuedFrames = 4;

/** A plugin works ahead of a host that is busy, by a few messages of a megabyte. */
const maxBacklogBytes = 4 * 1024 * 1024;

/**
 * Frames over a pair of byte streams, or one duplex stream given twice.
 * A `throttled` end takes no new frames while its own are not read: the plugin's, so that both ends'
 * memory stays bounded and the host, which always reads, cannot be blocked.
 */
export class StreamWire implements Wire {
  readonly #throttled: boolean;
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #writer: FrameWriter;
  readonly #traffic: Traffic | undefined;
  #maxFrameBytes: number;
  #attachments = false;
  #reader: FrameReader | undefined;

  constructor(
    input: Readable,
    output: Writable,
    maxFrameBytes: number,
    throttled = false,
    traffic?: Traffic,
  ) {
    this.#traffic = traffic;
    this.#throttled = throttled;
    this.#input = input;
    this.#output = output;
    this.#maxFrameBytes = maxFrameBytes;
    this.#writer = new FrameWriter(output, throttled ? Infinity : maxQueuedFrames * maxFrameBytes, traffic);
    if (throttled) output.on('drain', () => this.#throttle());
    // Without a listener a broken pipe would be an uncaught exception; the end of the stream tells the rest.
    for (const stream of [input, output]) stream.on('error', () => {});
  }

  start(receiver: WireReceiver): void {
    const reader = (this.#reader = new FrameReader(receiver, this.#maxFrameBytes));
    reader.awaitsGreeting = !this.#throttled; // a plugin is asked first
    let ended = false;
    const end = (error?: Error): void => {
      if (ended) return;
      ended = true;
      receiver.ended(error);
    };
    this.#input.on('data', (chunk: Buffer) => {
      this.#traffic?.received(chunk.length);
      reader.push(chunk);
    });
    this.#input.on('end', () => end());
    this.#input.on('error', end);
    this.#input.on('close', () => end());
    // An end that only stops reading is as good as gone.
    this.#output.on('error', end);
    this.#output.on('close', () => end());
  }

  settle(terms: Terms): void {
    this.#attachments = terms.attachments;
    this.#maxFrameBytes = terms.maxFrameBytes ?? this.#maxFrameBytes;
    if (this.#reader === undefined) return;
    this.#reader.attachments = terms.attachments;
    this.#reader.awaitsGreeting = false;
    this.#reader.maxFrameBytes = this.#maxFrameBytes;
  }

  send(message: Message): void {
    const frame = encode(message, this.#attachments);
    this.#checkSize(frame);
    this.#writer.write(frame);
    if (this.#throttled) this.#throttle();
  }

  /** Most frames are so small that their bytes need not be counted: a character has three at most. */
  #checkSize(frame: Encoded): void {
    const beside = bytesBeside(frame);
    if (3 * frame.text.length + beside <= this.#maxFrameBytes) return;
    const bytes = Buffer.byteLength(frame.text) + beside;
    if (bytes > this.#maxFrameBytes) throw tooLarge(bytes, this.#maxFrameBytes);
  }

  #throttle(): void {
    const { blocked, backlogBytes } = this.#writer;
    if (blocked && backlogBytes > maxBacklogBytes) this.#input.pause();
    else if (this.#input.isPaused()) this.#input.resume();
  }

  end(): void {
    this.#writer.end();
  }

  destroy(): void {
    this.#reader?.stop();
    this.#input.destroy();
    this.#output.destroy();
  }
}

function tooLarge(bytes: number, maxFrameBytes: number): PluginError {
  const message =
    `a message of ${bytes} bytes is over the limit of ${maxFrameBytes}. ` +
    'Raise maxFrameBytes on the source, or send less.';
  return new PluginError('RPC_2006', { message, context: { bytes, maxFrameBytes } });
}
