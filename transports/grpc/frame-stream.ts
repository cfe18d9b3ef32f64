import { Duplex } from 'node:stream';

/**
 * The largest piece of one message: what a reader buffers, and far below the 4 MiB that gRPC servers take by default,
 * so that a session has no limit but that of its frames.
 */
const maxPieceBytes = 256 * 1024;

/** One side of a bidirectional stream of gRPC, whichever end it is. */
export interface MessageStream {
  write(message: Buffer, done: (error?: Error | null) => void): unknown;
  end(): unknown;
  pause(): unknown;
  resume(): unknown;
  on(event: 'data', listener: (message: Buffer) => void): unknown;
  on(event: 'end' | 'close' | 'cancelled', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** The messages of a gRPC stream as a stream of bytes. */
export class FrameStream extends Duplex {
  readonly #messages: MessageStream;
  readonly #abandon: () => void;

  /** `abandon` ends the gRPC call at once. */
  constructor(messages: MessageStream, abandon: () => void) {
    super({ allowHalfOpen: true, emitClose: true });
    this.#messages = messages;
    this.#abandon = abandon;
    messages.on('data', (message) => {
      if (!this.push(message)) messages.pause();
    });
    messages.on('end', () => this.push(null));
    for (const event of ['close', 'cancelled'] as const) messages.on(event, () => this.destroy());
    messages.on('error', () => this.destroy()); // the call's status tells why
  }

  override _read(): void {
    this.#messages.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  /** What waited meanwhile leaves as one message, as far as it fits. */
  override _writev(
    chunks: { chunk: Buffer; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#messages.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#abandon();
    done(error);
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (bytes.length <= maxPieceBytes) return void this.#messages.write(bytes, done);
    this.#messages.write(bytes.subarray(0, maxPieceBytes), (error) => {
      if (error) done(error);
      else this.#send(bytes.subarray(maxPieceBytes), done);
    });
  }
}
