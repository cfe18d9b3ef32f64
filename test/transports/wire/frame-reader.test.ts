import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode } from '../../../transports/wire/encode.ts';
import { FrameReader } from '../../../transports/wire/frame-reader.ts';
import { retainedBytes } from '../../support/retained.ts';
import { cutAt, onTheWire, payload, places, read } from './streams.ts';

const limit = 64 * 1024;

describe('frames', () => {
  it('are the same wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 6 }), places, (results, cuts) => {
        const messages = results.map((result, id) => ({ id, result }));
        const stream = Buffer.concat(messages.map((message) => onTheWire(encode(message, true))));
        const expected = messages.map((message) => ({ message: { jsonrpc: '2.0', ...message } }));
        const found = read(cutAt(stream, cuts), limit);
        expect(found.map(withoutLengths)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('do not share memory with the stream or with one another', () => {
    const message = { id: 1, result: [new Uint8Array([1, 2]), new Uint8Array([3, 4])] };
    const stream = onTheWire(encode(message, true));
    const [found] = read([stream], limit) as [{ message: { result: [Uint8Array, Uint8Array] } }];
    stream.fill(0);
    const [first, second] = found.message.result;
    expect([first, second]).toEqual([new Uint8Array([1, 2]), new Uint8Array([3, 4])]);
    structuredClone(first.buffer, { transfer: [first.buffer as ArrayBuffer] });
    expect(first).toHaveLength(0);
  });
});

it.each([
  ['what is no JSON', 'nonsense\n'],
  ['blank lines', '\n'],
  ['a mark without bytes', '{"result":{"$bytes":0}}\n'],
])('a reader that is stopped at %s looks at nothing more of the same piece', (_, line) => {
  const faults: unknown[] = [];
  const stopping = {
    message: () => {},
    fault: (fault: unknown) => {
      faults.push(fault);
      reader.stop();
    },
  };
  const reader = new FrameReader(stopping, limit);
  reader.push(Buffer.from(line.repeat(20_000)));
  reader.push(Buffer.from(line));
  expect(faults).toHaveLength(1);
});

describe('a long line', () => {
  const pieces = (stream: Buffer): Buffer[] =>
    Array.from({ length: Math.ceil(stream.length / 65_536) }, (_, at) =>
      stream.subarray(at * 65_536, (at + 1) * 65_536),
    );
  const one = 'x'.repeat(65_530);

  it.each<[string, unknown]>([
    ['of ASCII', { list: [one, one, one] }],
    ['with other text in its first piece', { list: ['é€😀', one, one] }],
    ['with other text on the border of two pieces', { list: [one.slice(0, -40), '€'.repeat(100), one] }],
    ['with other text in its last piece', { list: [one, one, 'é€😀'] }],
    ['of more than a MiB', { list: Array.from({ length: 20 }, () => one) }],
  ])('%s arrives as it was, and so does what follows', (_, result) => {
    const lines = [1, 2, 3].map((id) => onTheWire(encode({ id, result }, true)));
    const found = read(pieces(Buffer.concat(lines)), 4 * 1024 * 1024);
    expect(found).toEqual([1, 2, 3].map((id) => ({ message: { jsonrpc: '2.0', id, result } })));
  });

  it('has no key that would reach a prototype, wherever it is cut', () => {
    const before = '{"id":1,"result":{"__prot';
    const line = Buffer.from(`${before}o__":{"polluted":1},"kept":1}}\n`);
    const found = read([line.subarray(0, before.length), line.subarray(before.length)], limit);
    expect(found).toEqual([{ message: { id: 1, result: { kept: 1 } } }]);
    expect(Object.keys((found[0] as { message: { result: object } }).message.result)).toEqual(['kept']);
  });

  it('may not be deep, wherever it is cut', () => {
    const line = Buffer.from(`{"id":1,"result":${'['.repeat(40_000)}${']'.repeat(40_000)}}\n`);
    expect(read(pieces(line), 4 * limit)).toMatchObject([{ fault: { kind: 'too-deep', id: 1 } }]);
  });
});

/** Pieces of streams that are nearly right: what a broken or hostile end would send. */
const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      '{"id":1,"result":2}\n',
      '\n',
      '\r\n',
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ',',
      ':',
      '"id":7',
      '"method":"x"',
    ),
    fc.constantFrom(
      '"bytes":[3]',
      '"bytes":[1,2]}\n',
      '{"bytes":[300],"id":5}\n',
      '{"$bytes":0}',
      '"$$bytes":1',
      '\ufeff',
    ),
    fc.constantFrom(
      '"__proto__":{',
      '"constructor":{"prototype":1}',
      '"result":',
      '"error":null',
      '"params":',
    ),
    fc.nat({ max: 700 }).map((length) => 'x'.repeat(length)),
    fc.nat({ max: 700 }).map((depth) => '['.repeat(depth)),
    fc.string({ unit: 'binary', maxLength: 20 }),
  ),
  { maxLength: 30 },
);

const nearlyRight = fc.oneof(
  pieces.map((texts) => Buffer.from(texts.join(''))),
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(pieces, fc.uint8Array({ maxLength: 50 }))
    .map(([texts, bytes]) => Buffer.concat([Buffer.from(texts.join('')), bytes])),
);

describe('any bytes at all', () => {
  it('never throw, and mean the same wherever they are cut', () => {
    fc.assert(
      fc.property(nearlyRight, places, (stream, cuts) => {
        expect(read(cutAt(stream, cuts), 256)).toEqual(read([stream], 256));
      }),
      { numRuns: 1500 },
    );
  });

  it('mean the same one byte at a time', () => {
    fc.assert(
      fc.property(nearlyRight, (stream) => {
        const single = Array.from(stream, (byte) => Uint8Array.of(byte));
        expect(read(single, 256)).toEqual(read([stream], 256));
      }),
      { numRuns: 150 },
    );
  });

  it('never change the prototype of anything', () => {
    fc.assert(
      fc.property(nearlyRight, (stream) => {
        read([stream], 256);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a line over the limit', () => {
  it('is told with the id at its end, however long it is and wherever it is cut', () => {
    for (let length = 240; length < 400; length += 3) {
      const stream = Buffer.from(`{"result":"${'x'.repeat(length)}","id":42}\n{"id":2}\n`);
      const expected = [{ fault: { kind: 'too-large', id: 42, isQuestion: false } }, { message: { id: 2 } }];
      for (let place = 0; place < stream.length; place++) {
        expect([length, place, read(cutAt(stream, [place]), 256)]).toEqual([length, place, expected]);
      }
      expect(read(cutAt(stream, [...stream.keys()]), 256)).toEqual(expected);
    }
  });

  it('may be as long as the limit, and not a byte longer', () => {
    const line = `{"id":1,"result":"${'x'.repeat(200)}"}`;
    expect(read([Buffer.from(`${line}\n`)], line.length)).toMatchObject([{ message: { id: 1 } }]);
    expect(read([Buffer.from(`${line}\n`)], line.length - 1)).toMatchObject([
      { fault: { kind: 'too-large', id: 1 } },
    ]);
  });

  it('and its bytes count together', () => {
    const frame = onTheWire(encode({ id: 1, result: new Uint8Array(100) }, true));
    const length = frame.length - 1; // the line feed does not count
    expect(read([frame], length)).toMatchObject([{ message: { id: 1 } }]);
    expect(read([frame, Buffer.from('{"id":2}\n')], length - 1)).toMatchObject([
      { fault: { kind: 'too-large', id: 1 } },
      { message: { id: 2 } },
    ]);
  });
});

describe('what is held of a frame that is not yet whole', () => {
  const small = 256 * 1024;
  const mostHeld = 4 * small;
  const reader = (): FrameReader => new FrameReader({ message() {}, fault() {} }, small);

  /** Bytes one by one, each in memory of its own, as a socket gives them. */
  function* bytes(count: number): Generator<Buffer> {
    for (let at = 0; at < count; at++) yield Buffer.allocUnsafeSlow(1).fill('x');
  }

  it('is bounded when a line never ends', () => {
    const endless = reader();
    const retained = retainedBytes(() => {
      for (let at = 0; at < 1000; at++) endless.push(Buffer.allocUnsafeSlow(64 * 1024).fill('x'));
    });
    expect(retained).toBeLessThan(mostHeld);
    endless.push(Buffer.from('\n'));
  });

  it('is bounded when a line comes byte by byte', () => {
    const slow = reader();
    const retained = retainedBytes(() => {
      for (const byte of bytes(small)) slow.push(byte);
    });
    expect(retained).toBeLessThan(mostHeld);
    slow.push(Buffer.from('\n'));
  });

  it('is bounded when announced bytes come one by one', () => {
    const slow = reader();
    const retained = retainedBytes(() => {
      slow.push(Buffer.from(`{"bytes":[${small - 100}]}\n`));
      for (const byte of bytes(small - 200)) slow.push(byte);
    });
    expect(retained).toBeLessThan(mostHeld);
    slow.push(Buffer.from('\n'));
  });

  it('is little when a line is skipped', () => {
    const skipping = reader();
    const retained = retainedBytes(() => {
      for (let at = 0; at < 20; at++) skipping.push(Buffer.allocUnsafeSlow(small).fill('x'));
    });
    expect(retained).toBeLessThan(small / 2);
    skipping.push(Buffer.from('\n'));
  });
});

function withoutLengths(found: ReturnType<typeof read>[number]): unknown {
  if (!('message' in found)) return found;
  const { bytes: _, ...message } = found.message;
  return { message };
}
