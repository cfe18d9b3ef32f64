import { afterEach, describe, expect, it } from 'vitest';
import { expectNoChildren } from '../support/processes.ts';
import { toldHost, type Told } from './told.ts';

afterEach(expectNoChildren);

const silent = (text: string): Told => ({ text, silent: true });

/** What a call comes to, kept until somebody looks. */
function outcome(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error: unknown) => error);
}

describe('ids', () => {
  it('an answer that comes twice counts once: the first wins', async () => {
    await using told = await toldHost();
    const twice = '{"id":%id%,"result":"first"}\n{"id":%id%,"result":"second"}\n{"id":%id%,"error":{}}\n';
    expect(await told.tell(silent(twice))).toBe('first');
    await told.tell({ text: '' });
    expect(told.faults()).toEqual(['late-or-repeated']);
  });

  it('an answer that comes after the deadline is nobody else’s', async () => {
    await using told = await toldHost();
    await expect(told.tell(silent(''), { timeoutMs: 50 })).rejects.toMatchObject({ code: 'PLUGIN_1204' });
    const next = '{"id":%1%,"result":"late"}\n{"id":%id%,"result":"my own"}\n';
    expect(await told.tell(silent(next))).toBe('my own');
    expect(told.faults()).toEqual(['late-or-repeated']);
  });

  it('an answer to another running call ends that call, and no third one', async () => {
    await using told = await toldHost();
    const first = outcome(told.tell(silent('')));
    const second = outcome(told.tell(silent('')));
    await told.tell({ text: '{"id":%2%,"result":"for the second"}\n' });
    await told.tell({ text: '{"id":%1%,"result":"for the first"}\n' });
    expect(await Promise.all([first, second])).toEqual(['for the first', 'for the second']);
    expect(told.faults()).toEqual([]);
  });

  it('a late answer costs nothing: a thousand and one of them do not end the plugin', async () => {
    await using told = await toldHost();
    expect(await told.tell({ text: '{"id":%id%,"result":1}\n', repeat: 2000 })).toBe(1);
    expect(await told.tell({ text: '' })).toEqual({ answered: 2 });
    expect(told.host.moves).toEqual([]);
  });

  it('a question of the plugin under the id of a running call is answered, and the call goes on', async () => {
    await using told = await toldHost();
    const question = '{"id":%id%,"method":"host.call","params":{"service":"double","request":21}}\n';
    expect(await told.tell({ text: question })).toEqual({ answered: 1 });
    const { fields } = await told.log.until(({ message }) => message === 'the host answered');
    expect(fields['message']).toMatchObject({ id: expect.any(Number) as number, result: 42 });
  });

  it('a question with a method the host does not have is answered with -32601', async () => {
    await using told = await toldHost();
    await told.tell({ text: '{"id":"q","method":"host.nothing\\u001b[2J"}\n' });
    const { fields } = await told.log.until(({ message }) => message === 'the host answered');
    expect(fields['message']).toMatchObject({ id: 'q', error: { code: -32601 } });
    expect(JSON.stringify(fields)).not.toContain('\u001b');
  });
});

describe('keys that could reach a prototype', () => {
  const poison = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"kept":1}';
  const escaped = String.raw`{"\u005f_proto__":{"polluted":1},"\u0063onstructor":{"prototype":{"polluted":1}}}`;

  function expectClean(value: unknown): void {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.assign({}, value)).not.toHaveProperty('polluted');
    expect(JSON.stringify(value) ?? '').not.toContain('polluted');
  }

  it.each([
    ['in an answer', `{"id":%id%,"result":${poison}}`],
    ['deep in an answer', `{"id":%id%,"result":[{"a":[${poison}]}]}`],
    ['written with escapes', `{"id":%id%,"result":[${escaped}]}`],
    ['in the details of an error', `{"id":%id%,"error":{"message":"x","data":{"details":${poison}}}}`],
    ['beside the answer', `{"__proto__":{"result":{"polluted":1}},"id":%id%,"result":2}`],
  ])('never arrive: %s', async (_, text) => {
    await using told = await toldHost();
    const answer = await outcome(told.tell(silent(`${text}\n`)));
    expectClean(answer);
    expectClean((answer as { context?: unknown }).context);
    expect(told.faults()).toEqual([]);
  });

  it('never arrive in what a service is asked, in progress, and in a record', async () => {
    await using told = await toldHost();
    const seen: unknown[] = [];
    const text =
      `{"id":"q","method":"host.call","params":{"service":"show","request":${poison}}}\n` +
      `{"method":"host.progress","params":{"id":%id%,"value":${poison}}}\n` +
      `{"method":"host.log","params":{"message":"poisoned","fields":${poison}}}\n`;
    await told.tell({ text }, { onProgress: (value) => seen.push(value) });
    await told.log.until(({ message }) => message === 'the host answered');
    seen.push(...told.log.records.map(({ fields }) => fields));
    expect(seen.length).toBeGreaterThan(3);
    for (const value of seen) expectClean(value);
    expect(seen[0]).toEqual({ kept: 1 });
  });

  it('a key that is only called constructor is kept', async () => {
    await using told = await toldHost();
    expect(await told.tell(silent('{"id":%id%,"result":{"constructor":"Gropius"}}\n'))).toEqual({
      constructor: 'Gropius',
    });
  });
});

describe('numbers that do not fit', () => {
  it.each([
    ['1e400', Infinity],
    ['-1e400', -Infinity],
    ['9007199254740993', 9007199254740992],
    ['1e-400', 0],
    ['-0', -0],
  ])('%s is what JavaScript makes of it, and harms nothing', async (written, read) => {
    await using told = await toldHost();
    expect(await told.tell(silent(`{"id":%id%,"result":${written}}\n`))).toBe(read);
  });

  it('a wait before a retry that is no wait is left out', async () => {
    await using told = await toldHost();
    for (const written of ['-5', '"soon"', '{"toString":1}', 'null', '1e400']) {
      const text = `{"id":%id%,"error":{"message":"busy","data":{"retryable":true,"retryAfterMs":${written}}}}\n`;
      expect(await outcome(told.tell(silent(text)))).toMatchObject({
        retryable: true,
        retryAfterMs: undefined,
      });
    }
  });
});

describe('errors of any shape', () => {
  it.each([
    ['a text', '"it went wrong"'],
    ['a number', '7'],
    ['true', 'true'],
    ['a list', '[1]'],
    ['an empty object', '{}'],
    [
      'objects instead of texts',
      '{"code":{"toString":1},"message":{"toString":1},"data":{"code":{"toString":1}}}',
    ],
    ['data that is a text', '{"message":"x","data":"PLUGIN_1208"}'],
    ['a code that is no name', String.raw`{"message":"x","data":{"code":"\u001b[2J"}}`],
    ['a code only the host may use', '{"message":"x","data":{"code":"CIRCUIT_1401"}}'],
    ['a code of the host’s security', '{"message":"x","data":{"code":"SECURITY_1802"}}'],
    ['a code of another call’s end', '{"message":"x","data":{"code":"PLUGIN_1208"}}'],
    ['a code of 100,000 letters', '{"message":"x","data":{"code":"A%x100000%"}}'],
  ])('are PLUGIN_1203: %s', async (_, error) => {
    await using told = await toldHost();
    const failure = await outcome(told.tell(silent(`{"id":%id%,"error":${error}}\n`)));
    expect(failure).toMatchObject({
      code: 'PLUGIN_1203',
      plugin: 'subject',
      rawMessage: expect.stringMatching(/./) as string,
    });
    expect(JSON.stringify(failure)).not.toContain('\u001b');
  });

  it('are cut when they are long', async () => {
    await using told = await toldHost();
    const text = '{"id":%id%,"error":{"message":"%x1000000%"}}\n';
    const failure = (await outcome(told.tell(silent(text)))) as Error;
    expect(failure.message.length).toBeLessThan(3000);
  });
});

describe('too much of it', () => {
  it('a plugin that breaks the protocol a thousand times is ended and started again', async () => {
    await using told = await toldHost();
    const restarting = told.host.next('subject', 'restarting');
    const call = outcome(told.tell({ text: 'nonsense\n', repeat: 1001, silent: true }));
    expect(await call).toMatchObject({
      code: 'RPC_2004',
      message: expect.stringContaining('nonsense') as string,
    });
    expect((await restarting).to).toMatchObject({ status: 'restarting', error: { code: 'RPC_2004' } });
  });

  it('a list of lengths without an end is the end: what follows might be bytes, and is no answer', async () => {
    await using told = await toldHost();
    const restarting = told.host.next('subject', 'restarting');
    const running = outcome(told.tell(silent('')));
    const endless = `{"id":%id%,"bytes":[${'1,'.repeat(20_000)}\n`;
    const call = outcome(told.tell(silent(`${endless}{"id":%1%,"result":"forged"}\n`)));
    for (const error of await Promise.all([running, call])) expect(error).toMatchObject({ code: 'RPC_2004' });
    await restarting;
  });

  it('a million tiny frames end in a restart, not in a million records', async () => {
    await using told = await toldHost();
    const call = outcome(told.tell({ text: '{}\n', repeat: 1_000_000, silent: true }));
    expect(await call).toMatchObject({ code: 'RPC_2004' });
    expect(told.faults()).toEqual(['unknown-message']);
  });

  it('while a million allowed frames arrive, other plugins are answered', async () => {
    await using told = await toldHost();
    await using other = await toldHost();
    const flood = told.tell({ text: '{"method":"x"}\n', repeat: 1_000_000 }, { timeoutMs: 20_000 });
    const over = flood.then(() => 'over');
    let answered = 0;
    for (; (await Promise.race([over, other.tell({ text: '' })])) !== 'over'; answered++);
    expect(answered).toBeGreaterThan(5);
  });

  it('200,000 records are mostly dropped, and the host says how many', async () => {
    await using told = await toldHost();
    const record = '{"method":"host.log","params":{"level":"info","message":"flood"}}\n';
    await told.tell({ text: record, repeat: 200_000 }, { timeoutMs: 20_000 });
    await told.host.manager[Symbol.asyncDispose]();
    const records = told.log.records.filter(({ message }) => message === 'flood').length;
    const dropped = told.log.records
      .filter(({ message }) => message.includes('records were dropped'))
      .map(({ fields }) => Number(fields['dropped']))
      .reduce((sum, count) => sum + count, 0);
    expect(records).toBeLessThan(50_000);
    expect(records + dropped).toBe(200_000);
  });

  it('more questions at once than the host takes are refused, and the call goes on', async () => {
    await using told = await toldHost();
    const question = '{"id":"q","method":"host.call","params":{"service":"double","request":1}}\n';
    expect(await told.tell({ text: question, repeat: 5000 })).toEqual({ answered: 1 });
  });
});
