import type { StdioData } from './messages.ts';

type ChannelName = StdioData['channel'];

type Told = (error?: Error | null) => void;

/** So much is kept for a host that does not listen yet; what is printed beyond it is dropped and counted. */
const maxHeldBytes = 1024 * 1024;

/** Any host takes a message of this size. */
const maxPieceBytes = 64 * 1024;

/** Who listens to what is printed: a stream of gRPC. */
export interface PrintListener {
  /** False when it has had enough for now. */
  write(piece: StdioData): boolean;
  on(event: 'drain' | 'cancelled' | 'close' | 'error', listener: () => void): unknown;
}

/**
 * Takes over stdout and stderr of this process. What the program prints goes to the host on a stream of its own, because
 * the first line on the real stdout is the handshake, and the real stderr is the log.
 */
export class Printing {
  readonly #real: Readonly<Record<ChannelName, (text: string, done?: Told) => boolean>>;
  #held: StdioData[] = [];
  #heldBytes = 0;
  #droppedBytes = 0;
  #listener: PrintListener | undefined;
  #isFull = false;

  constructor() {
    this.#real = { stdout: this.#takeOver('stdout'), stderr: this.#takeOver('stderr') };
  }

  /** Writes a line to the real stdout. */
  sayToHost(line: string, done: Told): void {
    this.#real.stdout(`${line}\n`, done);
  }

  /** Writes a line to the real stderr. */
  log(line: string): void {
    this.#real.stderr(`${line}\n`);
  }

  /** Sends what was printed and what will be to one listener, until it is gone. */
  sendTo(listener: PrintListener): void {
    this.#listener = listener;
    this.#isFull = false;
    const gone = (): void => {
      if (this.#listener !== listener) return;
      this.#listener = undefined;
      this.#goOn();
    };
    listener.on('drain', () => {
      if (this.#listener === listener) this.#goOn();
    });
    for (const event of ['cancelled', 'close', 'error'] as const) listener.on(event, gone);
    this.#flush();
  }

  #takeOver(channel: ChannelName): (text: string, done?: Told) => boolean {
    const stream = process[channel];
    const real = stream.write.bind(stream);
    stream.on('error', () => {}); // nobody reads: the host is gone, or will say so
    stream.write = (chunk: Uint8Array | string, encoding?: BufferEncoding | Told, done?: Told): boolean => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(encoding)) : Buffer.from(chunk);
      this.#print(channel, bytes);
      const told = typeof encoding === 'function' ? encoding : done;
      if (told !== undefined) process.nextTick(told);
      return !this.#isFull;
    };
    return (text, done) => real(text, done);
  }

  #print(channel: ChannelName, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += maxPieceBytes)
      this.#hold({ channel, data: bytes.subarray(at, at + maxPieceBytes) });
    this.#flush();
  }

  #hold(piece: StdioData): void {
    if (this.#heldBytes + piece.data.length > maxHeldBytes) {
      this.#droppedBytes += piece.data.length;
      return;
    }
    this.#held.push(piece);
    this.#heldBytes += piece.data.length;
  }

  #flush(): void {
    if (this.#listener === undefined || this.#isFull) return;
    const pieces = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    const sent = pieces.findIndex((piece) => this.#listener?.write(piece) === false) + 1;
    this.#isFull = sent > 0;
    for (const piece of sent > 0 ? pieces.slice(sent) : []) this.#hold(piece);
    if (!this.#isFull) this.#sayDropped();
  }

  /** The program may print again. */
  #goOn(): void {
    this.#isFull = false;
    this.#flush();
    if (this.#isFull) return;
    process.stdout.emit('drain');
    process.stderr.emit('drain');
  }

  #sayDropped(): void {
    if (this.#droppedBytes === 0) return;
    const text = `\n[${this.#droppedBytes} bytes were printed while the host did not listen, and are lost]\n`;
    this.#droppedBytes = 0;
    this.#print('stderr', Buffer.from(text));
  }
}

function encodingOf(encoding: unknown): BufferEncoding {
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
}
