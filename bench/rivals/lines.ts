import type { Duplex } from 'node:stream';

/** What the bare echo sends: nothing but what tells answers apart. */
export interface Envelope {
  readonly id: number;
  readonly body: unknown;
}

const newline = 0x0a;

/**
 * The least that carries JSON over a stream: one line for each message, those of one turn of the event loop
 * in one write. It checks nothing, bounds nothing and knows no errors.
 */
export function overLines(
  stream: Duplex,
  receive: (message: Envelope) => void,
): { send(message: Envelope): void } {
  let text = '';
  let parts: Buffer[] = [];
  const flush = (): void => {
    stream.write(text);
    text = '';
  };
  const take = (piece: Buffer): Buffer => {
    if (parts.length === 0) return piece;
    const whole = Buffer.concat([...parts, piece]);
    parts = [];
    return whole;
  };
  stream.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      receive(JSON.parse(take(chunk.subarray(start, end)).toString()) as Envelope);
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  });
  return {
    send(message) {
      if (text === '') process.nextTick(flush);
      text += `${JSON.stringify(message)}\n`;
    },
  };
}
