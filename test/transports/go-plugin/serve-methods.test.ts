import { goMethod, type GoCall, type GoMethod } from 'plugboard/go-plugin';
import { silentLogger } from 'plugboard';
import { expect, it } from 'vitest';

const call: GoCall = {
  signal: new AbortController().signal,
  remainingMs: Infinity,
  headers: {},
  log: silentLogger,
  broker: { serve: () => Promise.reject(new Error('none')), dial: () => Promise.reject(new Error('none')) },
};

const number = {
  decode: (bytes: Uint8Array): number => {
    const [value] = bytes;
    if (value === undefined) throw new RangeError('empty');
    return value;
  },
  encode: (value: number): Uint8Array => new Uint8Array([value]),
};

const bytesOf = (value: number): Uint8Array => new Uint8Array([value]);

async function* pieces(...values: number[]): AsyncGenerator<Uint8Array> {
  for (const value of values) yield bytesOf(value);
}

async function all(answers: AsyncIterable<Uint8Array>): Promise<(number | undefined)[]> {
  const found: (number | undefined)[] = [];
  for await (const [value] of answers) found.push(value);
  return found;
}

function ofKind<K extends GoMethod['stream']>(method: GoMethod, kind: K): Extract<GoMethod, { stream: K }> {
  if (!isKind(method, kind)) throw new Error(`a method of the kind ${method.stream}`);
  return method;
}

function isKind<K extends string>(method: GoMethod, kind: K): method is Extract<GoMethod, { stream: K }> {
  return method.stream === kind;
}

it('a method decodes its request and encodes its answer', async () => {
  const twice = ofKind(goMethod({ ...number, answer: (n) => 2 * n }), 'none');
  expect(await twice.answer(bytesOf(21), call)).toEqual(bytesOf(42));
});

it('a method may answer a stream', async () => {
  const upTo = goMethod({
    ...number,
    stream: 'server',
    async *answer(n) {
      for (let i = 1; i <= n; i++) yield i;
    },
  });
  expect(await all(ofKind(upTo, 'server').answer(bytesOf(3), call))).toEqual([1, 2, 3]);
});

it('a method may be asked in a stream', async () => {
  const sum = goMethod({
    ...number,
    stream: 'client',
    async answer(numbers) {
      let total = 0;
      for await (const n of numbers) total += n;
      return total;
    },
  });
  expect(await ofKind(sum, 'client').answer(pieces(1, 2, 3), call)).toEqual(bytesOf(6));
});

it('a method may stream both ways, each answer when it is there', async () => {
  const twice = goMethod({
    ...number,
    stream: 'both',
    async *answer(numbers) {
      for await (const n of numbers) yield 2 * n;
    },
  });
  expect(await all(ofKind(twice, 'both').answer(pieces(1, 2), call))).toEqual([2, 4]);
});

it('a request that cannot be read is the status INTERNAL', async () => {
  const unary = ofKind(goMethod({ ...number, answer: (n) => n }), 'none');
  const failure = { code: 13, message: 'the request cannot be decoded' };
  await expect(unary.answer(new Uint8Array(), call)).rejects.toMatchObject(failure);
});
