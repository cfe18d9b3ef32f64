import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, maxDepth } from '../../../transports/wire/encode.ts';
import { onTheWire, payload, read } from './streams.ts';

const limit = 1024 * 1024;

/** What one message becomes when it is written and read. */
function throughTheWire(result: unknown): unknown {
  const found = read([onTheWire(encode({ id: 1, result }, true))], limit);
  expect(found).toHaveLength(1);
  return (found[0] as { message: { result: unknown } }).message.result;
}

/** Lists in lists, so many deep. */
function nested(depth: number): unknown {
  let value: unknown = 'inside';
  for (let at = 0; at < depth; at++) value = [value];
  return value;
}

describe('a message', () => {
  it('is the same after it was written and read', () => {
    fc.assert(
      fc.property(payload, (value) => {
        expect(throughTheWire(value)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('is one line of text, whatever is in it', () => {
    fc.assert(
      fc.property(payload, (value) => {
        expect(encode({ id: 1, result: value }, true).text).not.toContain('\n');
      }),
    );
  });

  it('has its id and the lengths of its bytes in front', () => {
    const { text, attachments } = encode({ id: 7, result: [new Uint8Array(3), new Uint8Array(0)] }, true);
    expect(text).toBe('{"jsonrpc":"2.0","bytes":[3,0],"id":7,"result":[{"$bytes":0},{"$bytes":1}]}');
    expect(attachments.map((bytes) => bytes.length)).toEqual([3, 0]);
  });

  it('leaves the value it was made from as it was', () => {
    const value = { $bytes: 1, list: [new Uint8Array([1])] };
    encode({ id: 1, result: value }, true);
    expect(value).toEqual({ $bytes: 1, list: [new Uint8Array([1])] });
  });

  it('for an end that knows no bytes has base64, and keys as they are', () => {
    const value = {
      $bytes: 1,
      file: Buffer.from('hello'),
      part: new Uint8Array(Buffer.from('xhello').buffer).subarray(0, 0),
    };
    const { text, attachments } = encode({ id: 1, result: value }, false);
    expect(text).toBe('{"jsonrpc":"2.0","id":1,"result":{"$bytes":1,"file":"aGVsbG8=","part":""}}');
    expect(attachments).toEqual([]);
  });

  it('takes dates and other objects by their own toJSON', () => {
    const value = { at: new Date(0), beside: new Uint8Array([1]), own: { toJSON: () => 'mine' } };
    expect(throughTheWire(value)).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      beside: new Uint8Array([1]),
      own: 'mine',
    });
  });

  it('does not carry a key that would reach a prototype', () => {
    const value = JSON.parse('{"__proto__":{"polluted":1},"kept":[1],"bytes":{"$bytes":1}}') as object;
    expect(throughTheWire(value)).toEqual({ kept: [1], bytes: { $bytes: 1 } });
  });

  it('may be nested as deeply as it may be read, and no deeper', () => {
    // The envelope is one level of its own.
    const deepest = onTheWire(encode({ id: 1, result: nested(maxDepth - 1) }, true));
    expect(read([deepest], limit)).toMatchObject([{ message: { id: 1 } }]);
    expect(() => encode({ id: 1, result: nested(maxDepth) }, true)).toThrow(
      expect.objectContaining({ code: 'RPC_2005', message: expect.stringContaining('nested') as string }),
    );
    const deepestWithBytes = encode({ id: 1, result: [new Uint8Array(1), nested(maxDepth - 2)] }, true);
    expect(read([onTheWire(deepestWithBytes)], limit)).toMatchObject([{ message: { id: 1 } }]);
  });
});

describe('what cannot be written is RPC_2005', () => {
  it('a thousand pieces of bytes can, one more cannot', () => {
    const pieces = Array.from({ length: 1000 }, (_, at) => Uint8Array.of(at % 256));
    expect(throughTheWire(pieces)).toEqual(pieces);
    expect(() => encode({ id: 1, result: [...pieces, Uint8Array.of(0)] }, true)).toThrow(
      expect.objectContaining({ code: 'RPC_2005', message: expect.stringContaining('1000') as string }),
    );
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const list: unknown[] = [new Uint8Array(1)];
  list.push(list);

  it.each<[string, unknown]>([
    ['a cycle', cyclic],
    ['a cycle beside bytes', list],
    ['a bigint', 1n],
    ['a bigint beside bytes', [new Uint8Array(1), 1n]],
    ['a function', { run() {} }],
    ['a symbol', { symbol: Symbol('x') }],
    ['lists 100,000 deep', nested(100_000)],
    [
      'a getter that throws',
      {
        get x(): never {
          throw new Error('not for you');
        },
      },
    ],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('not for you');
        },
      },
    ],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('not for you');
          },
        },
      ),
    ],
  ])('%s', (_, result) => {
    for (const withAttachments of [true, false]) {
      expect(() => encode({ id: 1, result }, withAttachments)).toThrow(
        expect.objectContaining({ code: 'RPC_2005', retryable: false }),
      );
    }
  });
});
