import { PassThrough } from 'node:stream';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { readLines } from '../../../transports/wire/log-lines.ts';
import { cutAt, places } from './streams.ts';

type Line = readonly [text: string, cut: boolean];

async function linesOf(pieces: readonly Uint8Array[], maxLineBytes: number): Promise<Line[]> {
  const lines: Line[] = [];
  const stream = new PassThrough();
  readLines(stream, maxLineBytes, (text, cut) => lines.push([text, cut]));
  for (const piece of pieces) stream.write(piece);
  stream.end();
  await new Promise((resolve) => stream.once('end', resolve));
  return lines;
}

it('lines are the same wherever the stream is cut', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(text.map((line) => line.replaceAll(/[\r\n]/g, ''))),
      places,
      async (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        expect(await linesOf(cutAt(bytes, cuts), 10_000)).toEqual(lines.map((line) => [line, false]));
      },
    ),
    { numRuns: 200 },
  );
});

it('any bytes at all are lines, none longer than the limit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), places, async (bytes, cuts) => {
      const lines = await linesOf(cutAt(bytes, cuts), 20);
      expect(lines.every(([text]) => text.length <= 20)).toBe(true);
      expect(lines).toEqual(await linesOf([bytes], 20));
    }),
    { numRuns: 200 },
  );
});

it('a line over the limit is cut once, and the next is whole', async () => {
  const bytes = Buffer.from(`${'x'.repeat(25)}\nshort\n`);
  expect(await linesOf([bytes], 10)).toEqual([
    ['x'.repeat(10), true],
    ['short', false],
  ]);
});

it('the ends of lines may be those of Windows, and the last may be missing', async () => {
  expect(await linesOf([Buffer.from('one\r\ntwo\r\nthree')], 100)).toEqual([
    ['one', false],
    ['two', false],
    ['three', false],
  ]);
});

it('a stream that breaks is a stream that ended', async () => {
  const lines: string[] = [];
  const stream = new PassThrough();
  readLines(stream, 100, (line) => lines.push(line));
  stream.write('whole\nhalf');
  await new Promise((resolve) => setImmediate(resolve));
  stream.destroy(new Error('broken'));
  await new Promise((resolve) => stream.once('close', resolve));
  expect(lines[0]).toBe('whole');
});
