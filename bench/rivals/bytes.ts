import type { Duplex } from 'node:stream';

const headBytes = 8;

/** The least that carries bytes over a stream: an id and a length before each message, and no JSON at all. */
export function overBytes(
  stream: Duplex,
  receive: (id: number, bytes: Uint8Array) => void,
): { send(id: number, bytes: Uint8Array): void } {
  let corked = false;
  const reader = new BytesReader(receive);
  stream.on('data', (chunk: Buffer) => reader.push(chunk));
  return {
    send(id, bytes) {
      if (!corked) {
        corked = true;
        stream.cork();
        process.nextTick(() => {
          corked = false;
          stream.uncork();
        });
      }
      const head = Buffer.allocUnsafe(headBytes);
      head.writeUInt32LE(id, 0);
      head.writeUInt32LE(bytes.byteLength, 4);
      stream.write(head);
      stream.write(bytes);
    },
  };
}

/** Copies what arrives straight to where it belongs. */
class BytesReader {
  readonly #receive: (id: number, bytes: Uint8Array) => void;
  readonly #head = Buffer.alloc(headBytes);
  #headFilled = 0;
  #body: Buffer | undefined;
  #bodyFilled = 0;

  constructor(receive: (id: number, bytes: Uint8Array) => void) {
    this.#receive = receive;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length)
      at += this.#body === undefined ? this.#fillHead(chunk, at) : this.#fillBody(this.#body, chunk, at);
  }

  #fillHead(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#head, this.#headFilled, at);
    this.#headFilled += copied;
    if (this.#headFilled === headBytes) {
      this.#headFilled = 0;
      this.#body = Buffer.allocUnsafeSlow(this.#head.readUInt32LE(4));
      this.#bodyFilled = 0;
    }
    return copied;
  }

  #fillBody(body: Buffer, chunk: Buffer, at: number): number {
    const copied = chunk.copy(body, this.#bodyFilled, at);
    this.#bodyFilled += copied;
    if (this.#bodyFilled === body.length) {
      this.#body = undefined;
      this.#receive(this.#head.readUInt32LE(0), body);
    }
    return copied;
  }
}
