import { expect } from 'vitest';
import type { Case, Host } from '../behaviour.ts';

const small: Case['own'] = { source: { maxFrameBytes: 64 * 1024 } };

const texts = {
  accents: 'Zürich – naïve café',
  astral: '😀 𝒳 🏴󠁧󠁢󠁳󠁣󠁴󠁿',
  joined: '👩‍👩‍👧‍👦 é (e with a combining accent)',
  rightToLeft: 'שלום وداعا',
  controls: '\u0000\u0001\u001b[31m\u007f\u0085\u2028\u2029\ufeff',
  quotes: '" \\ / \' ` \\u0041 \\" </script>',
  lines: 'one\ntwo\r\nthree\r',
  lone: '\ud800 and \udc00',
  swapped: '\udc00\ud800',
};

const looksMarked = {
  $bytes: 0,
  $$bytes: [1, 2],
  $$$bytes: { $bytes: { $bytes: 'deep' } },
  bytes: [5],
  list: [{ $bytes: null }],
};

/** What JSON cannot hold. */
const unwritable = {
  cycle: () => {
    const list: unknown[] = [];
    list.push(list);
    return list;
  },
  bigint: () => 1n,
  function: () => (): number => 1,
};

const notWritten = { code: 'RPC_2005', retryable: false };

async function expectRequestRefused({ ask }: Host, value: unknown): Promise<void> {
  const beside = ask('echo', { value: 'beside' });
  await expect(ask('echo', { value })).rejects.toMatchObject(notWritten);
  expect(await beside).toBe('beside');
}

async function expectAnswerRefused({ ask }: Host, kind: string): Promise<void> {
  await expect(ask('makeUnwritable', { kind })).rejects.toMatchObject(notWritten);
  expect(await ask('echo', { value: 'next' })).toBe('next');
}

/** What can be asked and answered. */
export const dataCases: readonly Case[] = [
  {
    name: 'keeps every kind of JSON value',
    async run({ ask }) {
      const values = [
        0,
        -0.5,
        1e21,
        5e-324,
        Number.MAX_SAFE_INTEGER,
        '',
        'text',
        true,
        false,
        null,
        [],
        {},
        [[]],
      ];
      for (const value of values) expect(await ask('echo', { value })).toEqual(value);
    },
  },
  {
    name: 'an answer of undefined arrives as null',
    async run({ ask }) {
      expect(await ask('echo', { value: undefined })).toBeNull();
      expect(await ask('setHealth', { report: 'healthy' })).toBeNull();
    },
  },
  {
    name: 'an answer of null arrives as null',
    async run({ ask }) {
      expect(await ask('echo', { value: null })).toBeNull();
    },
  },
  {
    name: 'keeps text of every script, lone surrogates included',
    async run({ ask }) {
      expect(await ask('echo', { value: texts })).toEqual(texts);
      expect(
        await ask('echoLater', { value: Object.fromEntries(Object.values(texts).map((text) => [text, 1])) }),
      ).toEqual(Object.fromEntries(Object.values(texts).map((text) => [text, 1])));
      expect(await ask('makeLoneSurrogates')).toEqual(['\ud800', 'a\udc00b']);
    },
  },
  {
    name: 'sends and receives bytes inside objects',
    async run({ ask }) {
      const value = {
        name: 'a.bin',
        body: new Uint8Array([0, 10, 13, 255]),
        parts: [Uint8Array.from([123, 34, 10])],
      };
      expect(await ask('kindsOf', { value })).toEqual({
        name: 'string',
        body: '4 bytes: 0,10,13,255',
        parts: ['3 bytes: 123,34,10'],
      });
      expect(await ask('echo', { value })).toEqual(value);
    },
  },
  {
    name: 'keeps empty bytes and several of them',
    async run({ ask }) {
      const sizes = [0, 1, 0, 70_000, 3, 0];
      const made = (await ask('makeBytes', { sizes })) as Uint8Array[];
      expect(made.map((bytes) => bytes instanceof Uint8Array && bytes.length)).toEqual(sizes);
      expect(made[3]).toEqual(new Uint8Array(70_000).fill(70_000 % 251));
      expect(await ask('kindsOf', { value: made })).toEqual([
        '0 bytes: ',
        '1 bytes: 1',
        '0 bytes: ',
        `70000 bytes: ${Array.from({ length: 4 }, () => 70_000 % 251).join()}`,
        '3 bytes: 3,3,3',
        '0 bytes: ',
      ]);
    },
  },
  {
    name: 'keeps objects whose keys look like marks for bytes',
    async run({ ask }) {
      expect(await ask('echo', { value: looksMarked })).toEqual(looksMarked);
      expect(await ask('kindsOf', { value: looksMarked })).toEqual({
        $bytes: 'number',
        $$bytes: ['number', 'number'],
        $$$bytes: { $bytes: { $bytes: 'string' } },
        bytes: ['number'],
        list: [{ $bytes: 'object' }],
      });
    },
  },
  {
    name: 'keeps bytes beside keys that look like marks for bytes',
    async run({ ask }) {
      const value = { ...looksMarked, real: new Uint8Array([7]) };
      expect(await ask('echo', { value })).toEqual(value);
    },
  },
  ...Object.entries(unwritable).flatMap(([kind, make]): Case[] => [
    {
      name: `a request that holds a ${kind} is refused with RPC_2005`,
      run: (host) => expectRequestRefused(host, make()),
    },
    {
      name: `an answer that holds a ${kind} is refused with RPC_2005`,
      run: (host) => expectAnswerRefused(host, kind),
    },
  ]),
  {
    name: 'a request over the frame limit fails with RPC_2006, and the next call works',
    own: small,
    async run({ ask }) {
      const tooLong = ask('echo', { value: 'x'.repeat(64 * 1024) });
      const beside = ask('echo', { value: 'beside' });
      await expect(tooLong).rejects.toMatchObject({ code: 'RPC_2006', plugin: 'subject', retryable: false });
      expect(await beside).toBe('beside');
      expect(await ask('echo', { value: 'next' })).toBe('next');
    },
  },
  {
    name: 'an answer over the frame limit fails with RPC_2006, and the next call works',
    own: small,
    async run({ ask }) {
      const tooLong = ask('makeText', { length: 64 * 1024 });
      const beside = ask('echo', { value: 'beside' });
      await expect(tooLong).rejects.toMatchObject({ code: 'RPC_2006', plugin: 'subject' });
      expect(await beside).toBe('beside');
      expect(await ask('makeText', { length: 60_000 })).toHaveLength(60_000);
    },
  },
  {
    name: 'a message of several megabytes arrives whole',
    async run({ ask }) {
      const value = Array.from({ length: 50_000 }, (_, at) => `part ${at} of a long message, ü`);
      expect(await ask('echo', { value })).toEqual(value);
    },
  },
];
