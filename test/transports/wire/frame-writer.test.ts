import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FrameWriter } from '../../../transports/wire/frame-writer.ts';

/** A stream whose other end reads only when it is told to. */
class Slow extends Writable {
  readonly written: string[] = [];
  #resume: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 100, decodeStrings: false });
  }

  override _write(chunk: string | Buffer, _: string, done: () => void): void {
    this.written.push(chunk.toString());
    this.#resume = done;
  }

  override _writev(chunks: { chunk: string | Buffer }[], done: () => void): void {
    this.written.push(chunks.map(({ chunk }) => chunk.toString()).join(''));
    this.#resume = done;
  }

  read(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const frame = (text: string, ...attachments: Uint8Array[]) => ({ text, attachments });

describe('frames', () => {
  it('of one turn leave together, those of the next in another write', async () => {
    const stream = new Slow();
    const writer = new FrameWriter(stream, 1000);
    for (const text of ['a', 'b', 'c']) writer.write(frame(text));
    await turn();
    stream.read();
    writer.write(frame('d'));
    await turn();
    expect(stream.written).toEqual(['a\nb\nc\n', 'd\n']);
  });

  it('keep their bytes right behind their lines', async () => {
    const stream = new Slow();
    const writer = new FrameWriter(stream, 1000);
    writer.write(frame('a', Buffer.from('1'), Buffer.alloc(0), Buffer.from('22')));
    writer.write(frame('b'));
    writer.write(frame('c', Buffer.from('3')));
    for (let at = 0; at < 8; at++) {
      await turn();
      stream.read();
    }
    expect(stream.written.join('')).toBe('a\n122b\nc\n3');
  });

  it('are whole wherever the memory that lines are put together in ends', async () => {
    const lines = ['x', '€', '😀', 'é'].flatMap((character) =>
      [1, 333, 16_383, 16_384, 16_385, 40_000].map((length) => character.repeat(length)),
    );
    const stream = new Slow();
    const writer = new FrameWriter(stream, Infinity);
    for (const line of [...lines, ...lines.toReversed()]) writer.write(frame(line));
    for (let at = 0; at < 100; at++) {
      await turn();
      stream.read();
    }
    expect(stream.written.join('').split('\n')).toEqual([...lines, ...lines.toReversed(), '']);
  });

  it('that are many leave before the turn is over, at first a few and then some more at a time', async () => {
    const writes: number[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _, done) {
        writes.push(chunk.length);
        done();
      },
    });
    const writer = new FrameWriter(stream, Infinity);
    const text = 'x'.repeat(1023);
    for (let at = 0; at < 60; at++) writer.write(frame(text));
    expect(writes.map((bytes) => Math.round(bytes / 1024))).toEqual([3, 5, 9, 9, 9, 9, 9]);
    await turn();
    expect(writes.reduce((sum, bytes) => sum + bytes)).toBe(60 * 1024);
  });

  it('wait while the other end does not read, up to a limit, and are then refused', async () => {
    const stream = new Slow();
    const writer = new FrameWriter(stream, 50);
    writer.write(frame('x'.repeat(200)));
    await turn();
    expect(writer.blocked).toBe(true);
    for (let at = 0; at < 5; at++) writer.write(frame('y'.repeat(10)));
    expect(() => writer.write(frame('z'))).toThrow(
      expect.objectContaining({ code: 'PLUGIN_1212', retryable: true, context: { queuedBytes: 50 } }),
    );
    stream.read();
    await turn();
    stream.read();
    await turn();
    expect(writer.blocked).toBe(false);
    writer.write(frame('z'));
    await turn();
    expect(stream.written.join('')).toBe(`${'x'.repeat(200)}\n${`${'y'.repeat(10)}\n`.repeat(5)}z\n`);
  });

  it('of one turn are limited, too', () => {
    const writer = new FrameWriter(new Slow(), 5_000_000);
    const megabyte = 'x'.repeat(1_000_000);
    let refused: unknown;
    try {
      for (let at = 0; at < 20; at++) writer.write(frame(megabyte));
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: 'PLUGIN_1212' });
  });

  it('are sent before the end of the stream', async () => {
    const stream = new Slow();
    const writer = new FrameWriter(stream, 1000);
    writer.write(frame('last'));
    writer.end();
    const finished = new Promise((resolve) => stream.once('finish', resolve));
    await turn();
    stream.read();
    await finished;
    expect(stream.written).toEqual(['last\n']);
  });

  it('are refused, retryable, when the stream is gone', async () => {
    const stream = new Slow();
    const writer = new FrameWriter(stream, 1000);
    writer.write(frame('a'));
    stream.destroy();
    await turn();
    expect(() => writer.write(frame('b'))).toThrow(expect.objectContaining({ retryable: true }));
  });
});
