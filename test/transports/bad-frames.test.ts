import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectNoChildren } from '../support/processes.ts';
import { toldHost, type Told, type ToldHost } from './told.ts';

afterAll(expectNoChildren);

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

/** What is dropped, counted by its kind, and harms no call. */
const dropped: readonly (readonly [what: string, text: string, kind: string])[] = [
  ['a line that is no JSON', 'nonsense\n', 'malformed'],
  ['half an object', '{"id":\n', 'malformed'],
  ['a list', '[{"id":1,"result":2}]\n', 'malformed'],
  ['a text', '"hello"\n', 'malformed'],
  ['a number', '42\n', 'malformed'],
  ['null', 'null\n', 'malformed'],
  ['a line that is not UTF-8', '{"text":"\u00ff\u00fe"}\n', 'invalid-utf8'],
  ['half a character of UTF-8', '{"text":"\u00c3"}\n', 'invalid-utf8'],
  ['a surrogate in UTF-8', '{"text":"\u00ed\u00a0\u0080"}\n', 'invalid-utf8'],
  ['a byte order mark', `${utf8('\ufeff')}{"result":1}\n`, 'malformed'],
  ['a NUL character in a text', '{"text":"a\0b"}\n', 'malformed'],
  ['100,000 brackets', `${'['.repeat(100_000)}\n`, 'too-deep'],
  ['100,000 objects in one another', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}\n`, 'too-deep'],
  ['an empty object', '{}\n', 'unknown-message'],
  ['an answer without an id', '{"result":1}\n', 'unknown-message'],
  ['an answer to null', '{"id":null,"result":1}\n', 'unknown-message'],
  ['an answer to an object', '{"id":{"toString":1},"result":1}\n', 'unknown-message'],
  ['an answer to the text of the id', '{"id":"%id%","result":1}\n', 'unknown-message'],
  ['an answer to a call that was never made', '{"id":999999,"result":1}\n', 'unknown-id'],
  ['an answer to a negative id', '{"id":-1,"result":1}\n', 'unknown-id'],
  ['an answer to id 0', '{"id":0,"result":1}\n', 'unknown-id'],
  ['an answer to id 1e400', '{"id":1e400,"result":1}\n', 'unknown-id'],
  ['an answer to the handshake', '{"id":1,"result":1}\n', 'late-or-repeated'],
  ['an answer to half an id', '{"id":1.5,"result":1}\n', 'late-or-repeated'],
  ['a negative number of bytes', '{"bytes":[-1]}\n', 'malformed'],
  ['half a byte', '{"bytes":[0.5]}\n', 'malformed'],
  ['a number of bytes beyond all numbers', '{"bytes":[1e400]}\n', 'malformed'],
  ['a number of bytes as text', '{"bytes":["3"]}\n', 'malformed'],
  ['bytes that are no list', '{"bytes":3}\n', 'malformed'],
  ['bytes in 1,001 pieces', `{"bytes":[${Array.from({ length: 1001 }, () => 0).join()}]}\n`, 'malformed'],
  ['a mark for bytes that did not come', '{"result":{"$bytes":0}}\n', 'malformed'],
];

/** What is allowed, or dropped without a word. */
const harmless: readonly (readonly [what: string, text: string])[] = [
  ['blank lines', '\n\r\n\n'],
  ['a notification nobody knows', '{"method":"plugin.news","params":{"x":1}}\n'],
  ['a method that is no text', '{"method":{"toString":1},"id":0.5e-9}\n'],
  ['a host call without parameters', '{"id":"a","method":"host.call"}\n'],
  [
    'a host call with an id that is no id',
    '{"id":{"a":1},"method":"host.call","params":{"service":"double"}}\n',
  ],
  ['progress of a call that was never made', '{"method":"host.progress","params":{"id":999999,"value":1}}\n'],
  ['progress without an id', '{"method":"host.progress"}\n'],
  ['a log record without anything', '{"method":"host.log"}\n'],
  ['a log record whose parameters are a list', '{"method":"host.log","params":[1,2]}\n'],
  [
    'a log record whose level is an object',
    '{"method":"host.log","params":{"level":{"toString":1},"message":"x"}}\n',
  ],
  ['a log record whose message is an object', '{"method":"host.log","params":{"message":{"toString":1}}}\n'],
  ['a log record whose fields are a text', '{"method":"host.log","params":{"message":"x","fields":"y"}}\n'],
];

describe('what a plugin writes against the protocol', () => {
  let told: ToldHost;

  beforeAll(async () => {
    told = await toldHost();
  });

  afterAll(() => told[Symbol.asyncDispose]());

  // A kind is logged once a minute, so it is looked for in the whole log.
  it.each(dropped)('%s is dropped, and the call beside it is answered', async (_, text, kind) => {
    expect(await told.tell({ text })).toMatchObject({ answered: expect.any(Number) as number });
    expect(told.faults()).toContain(kind);
  });

  it.each(harmless)('%s harms nothing', async (_, text) => {
    expect(await told.tell({ text })).toMatchObject({ answered: expect.any(Number) as number });
  });

  it('every kind of fault was logged once, with what it was', () => {
    const kinds = new Set(dropped.map(([, , kind]) => kind));
    expect(told.faults()).toHaveLength(kinds.size);
    expect(new Set(told.faults())).toEqual(kinds);
    for (const { message, fields } of told.log.records.filter(({ level }) => level === 'warn')) {
      expect(message).toMatch(/^the plugin sent .*; it was dropped$/);
      expect(fields).toMatchObject({ plugin: 'subject', count: 1 });
    }
  });
});

describe('a frame that spoils its own call', () => {
  let told: ToldHost;
  const silent = (text: string): Told => ({ text, silent: true });

  beforeAll(async () => {
    told = await toldHost({ maxFrameBytes: 64 * 1024 });
  });

  // The next call of all works.
  afterEach(() => told.tell({ text: '' }));

  afterAll(() => told[Symbol.asyncDispose]());

  it.each([
    ['malformed JSON', '{"id":%id%,"result":}\n', 'malformed'],
    ['invalid UTF-8', '{"id":%id%,"result":"\u00ff"}\n', 'invalid-utf8'],
    ['a byte order mark', `${utf8('\ufeff')}{"id":%id%,"result":1}\n`, 'malformed'],
    ['10,000 brackets', `{"id":%id%,"result":${'['.repeat(10_000)}${']'.repeat(10_000)}}\n`, 'too-deep'],
    ['a mark for bytes that did not come', '{"id":%id%,"bytes":[1],"result":{"$bytes":1}}\nx', 'malformed'],
  ])('%s in the answer is RPC_2004 of that call', async (_, text, kind) => {
    const beside = told.tell({ text: '' });
    await expect(told.tell(silent(text))).rejects.toMatchObject({
      code: 'RPC_2004',
      plugin: 'subject',
      message: expect.stringContaining(kind) as string,
    });
    await beside;
  });

  const long = '%x65536%';

  it.each([
    ['with its id in front', `{"id":%id%,"result":"${long}"}\n`],
    ['with its id at the end', `{"result":"${long}","id":%id%}\n`],
    ['by its bytes', `{"id":%id%,"bytes":[65536],"result":{"$bytes":0}}\n${long}`],
  ])('an answer over the limit is RPC_2006 of that call, %s', async (_, text) => {
    const beside = told.tell({ text: '' });
    await expect(told.tell(silent(text))).rejects.toMatchObject({ code: 'RPC_2006', plugin: 'subject' });
    await beside;
  });

  it.each([
    ['an oversized log record', `{"method":"host.log","params":{"fields":{"id":%1%},"message":"${long}"}}\n`],
    [
      'an oversized host call with the same id',
      `{"id":%1%,"method":"host.call","params":{"request":"${long}"}}\n`,
    ],
    [
      'an oversized host call with the id behind',
      `{"method":"host.call","params":{"request":"${long}"},"id":%1%}\n`,
    ],
    ['an oversized answer without an id, but with one inside', `{"result":{"id":%1%,"text":"${long}"}}\n`],
    ['a malformed log record', '{"method":"host.log","params":{"fields":{"id":%1%},"message":}}\n'],
  ])('%s does not end another call', async (_, text) => {
    await using own = await toldHost({ maxFrameBytes: 64 * 1024 });
    const running = own.tell(silent('')).catch((error: unknown) => error);
    await own.tell({ text });
    await own.tell(silent('{"id":%1%,"result":"my own answer"}\n{"id":%id%,"result":1}\n'));
    expect(await running).toBe('my own answer');
  });
});
