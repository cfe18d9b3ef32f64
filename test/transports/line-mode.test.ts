import { defineHooks, hook, Simple } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { managed, type Managed } from '../support/managed.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { expectNoChildren, isAlive, pidOf } from '../support/processes.ts';
import { fixture } from './subjects.ts';

afterAll(expectNoChildren);

const speaker = () =>
  subprocess(process.execPath, { args: [fixture('bad/lines-as-told.mjs')], protocol: 'go-plugins' });

type Told = Readonly<Record<string, unknown>>;

function started(log = new MemoryLogger()) {
  return managed(Simple<Told, unknown>().withLogger(log).withPlugin('subject', speaker()).build());
}

describe('the lines of go-plugins', () => {
  let host: Awaited<ReturnType<typeof started>>;
  let log: MemoryLogger;

  beforeAll(async () => {
    log = new MemoryLogger();
    host = await started(log);
  });

  afterAll(() => (host satisfies Managed<unknown>)[Symbol.asyncDispose]());

  const ask = (request: Told, options = {}): Promise<unknown> =>
    host.manager.execute('subject', request, { timeoutMs: 5000, ...options });

  it('are written as go-plugins does: id, method, payload, and a context with its time in nanoseconds', async () => {
    const options = { requestId: 'r-1', headers: { a: 'b' }, metadata: { c: [1] } };
    const line = (await ask({ value: 1 }, options)) as { context: { timeout: number } };
    expect(line).toMatchObject({
      id: expect.stringMatching(/^\d+$/) as string,
      method: 'execute',
      payload: { value: 1 },
      context: { request_id: 'r-1', headers: { a: 'b' }, metadata: { c: [1] } },
    });
    expect(line.context.timeout).toBeGreaterThan(4_000_000_000);
    expect(line.context.timeout).toBeLessThanOrEqual(5_000_000_000);
    expect(Number.isInteger(line.context.timeout)).toBe(true);
  });

  it('hold bytes as base64, and keys as they are', async () => {
    const request = { file: new Uint8Array(Buffer.from('hello')), $bytes: 1, $$bytes: 2 };
    expect(await ask(request)).toMatchObject({ payload: { file: 'aGVsbG8=', $bytes: 1, $$bytes: 2 } });
  });

  it.each([
    ['a key $bytes', '{"id":"%id%","result":{"$bytes":0,"$$bytes":1}}\n', { $bytes: 0, $$bytes: 1 }],
    ['a member called bytes', '{"id":"%id%","result":1,"bytes":"none"}\n', 1],
    ['a member called bytes that is a list', '{"id":"%id%","result":1,"bytes":[5]}\n', 1],
    ['an error of null', '{"id":"%id%","result":1,"error":null}\n', 1],
    ['an empty error', '{"id":"%id%","result":1,"error":""}\n', 1],
    ['a line end of Windows', '{"id":"%id%","result":1}\r\n', 1],
    ['a banner before it', 'Ready!\n{"id":"%id%","result":1}\n', 1],
    ['a record in JSON before it', '{"level":"info","msg":"hello"}\n{"id":"%id%","result":1}\n', 1],
    [
      'an answer to nobody before it',
      '{"id":"none","result":0}\n{"id":7,"result":0}\n{"id":"%id%","result":1}\n',
      1,
    ],
    ['a second answer behind it', '{"id":"%id%","result":1}\n{"id":"%id%","result":2}\n', 1],
    ['keys that could reach a prototype', '{"id":"%id%","result":{"__proto__":{"a":1},"b":2}}\n', { b: 2 }],
  ])('may answer with %s', async (_, text, answer) => {
    expect(await ask({ text })).toEqual(answer);
  });

  it.each([
    ['a text', '"it went wrong"', 'it went wrong'],
    ['a text with escapes', String.raw`"\u001b[2Jred"`, String.raw`\u001b[2Jred`],
    ['an object', '{"toString":1}', expect.any(String) as string],
    ['a number', '7', expect.any(String) as string],
    ['true', 'true', expect.any(String) as string],
  ])('may answer with an error: %s', async (_, error, rawMessage) => {
    await expect(ask({ text: `{"id":"%id%","error":${error}}\n` })).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      plugin: 'subject',
      rawMessage,
    });
  });

  it('that cannot be read fail the call whose id they bear', async () => {
    await expect(ask({ text: '{"id":"%id%","result":}\n' })).rejects.toMatchObject({ code: 'RPC_2004' });
    expect(await ask({ text: '{"id":"%id%","result":"next"}\n' })).toBe('next');
  });

  it('that come too late are dropped', async () => {
    await expect(ask({ text: '' }, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'PLUGIN_1204' });
    expect(await ask({ text: '{"id":"1","result":"late"}\n{"id":"%id%","result":"my own"}\n' })).toBe(
      'my own',
    );
  });

  it('that break the rules are in the log once for each kind', () => {
    const kinds = log.records.flatMap(({ fields }) => ('kind' in fields ? [fields['kind']] : []));
    expect(kinds).toHaveLength(new Set(kinds).size);
    expect(kinds).toContain('malformed');
  });
});

describe('a program that speaks lines', () => {
  let host: Awaited<ReturnType<typeof started>>;

  beforeEach(async () => {
    host = await started();
  });

  afterEach(() => host[Symbol.asyncDispose]());

  it('has no name of its own, but the host’s, and answers execute', () => {
    expect(host.manager.getPlugin('subject')).toMatchObject({
      info: { name: 'subject' },
      hooks: ['execute'],
    });
  });

  it('is ended after a thousand lines that break the rules', async () => {
    const restarting = host.next('subject', 'restarting');
    const text = 'nonsense\n'.repeat(1000);
    const broken = { code: 'RPC_2004', retryable: true };
    await expect(host.manager.execute('subject', { text })).rejects.toMatchObject(broken);
    expect((await restarting).to).toMatchObject({ error: broken });
  });

  it('does not start if it breaks the rules without being asked', async () => {
    await using still = await managed(Simple<Told, unknown>().withClock(new ManualClock()).build());
    const starting = still.manager.register('yes', subprocess('yes', { protocol: 'go-plugins' }));
    await expect(starting).rejects.toThrow("[RPC_2004] plugin 'yes': the plugin broke the protocol too often");
  });
});

it('a contract of hooks cannot be asked over lines', async () => {
  const hooks = defineHooks({ 'mail.from': hook<Told, unknown>() });
  await using host = await managed(Simple(hooks).build());
  await expect(host.manager.register('subject', speaker())).rejects.toMatchObject({
    code: 'RPC_2002',
    message: expect.stringContaining('mail.from') as string,
  });
});

it('a program that ends later than it counts as started has crashed: told, started again, given up', async () => {
  const args = ['-c', 'read line; echo cannot open words.txt >&2; exit 4'];
  const source = subprocess('sh', { args, protocol: 'go-plugins' });
  const restart = { maxRestarts: 1, initialDelayMs: 1 };
  await using host = await managed(
    Simple<Told, unknown>().withPlugin('subject', source, { restart }).build(),
  );
  const crash = {
    code: 'PLUGIN_1205',
    retryable: true,
    message: expect.stringMatching(/exited with code 4 .*cannot open words.txt/) as string,
  };
  const again = host.next('subject', 'ready');
  await expect(host.manager.execute('subject', {})).rejects.toMatchObject(crash);
  await again;
  const givenUp = host.next('subject', 'failed');
  await expect(host.manager.execute('subject', {})).rejects.toMatchObject(crash);
  expect((await givenUp).to).toMatchObject({ error: crash });
  await expect(host.manager.execute('subject', {})).rejects.toMatchObject({
    code: 'REGISTRY_1903',
    message: expect.stringContaining('cannot open words.txt') as string,
  });
});

it('a program that exits while a hundred calls run fails each of them once, retryable', async () => {
  const args = ['-c', 'read line; exit 3'];
  const source = subprocess('sh', { args, protocol: 'go-plugins' });
  await using host = await managed(Simple<Told, unknown>().withPlugin('subject', source).build());
  const restarting = host.next('subject', 'restarting');
  let settled = 0;
  const calls = Array.from({ length: 100 }, () =>
    host.manager.execute('subject', {}).catch((error: unknown) => (settled++, error)),
  );
  for (const error of await Promise.all(calls)) {
    expect(error).toMatchObject({
      code: 'PLUGIN_1205',
      retryable: true,
      context: { exitCode: 3, signal: null },
    });
  }
  await restarting;
  expect(settled).toBe(100);
  expect(host.manager.getPlugin('subject')?.calls).toMatchObject({ failed: 100, active: 0 });
});

it('a program that ignores the end of stdin and SIGTERM is killed', async () => {
  const source = subprocess('sh', {
    args: [fixture('bad/ignores-the-end.sh')],
    protocol: 'go-plugins',
    killTimeoutMs: 100,
  });
  await using host = await managed(Simple<Told, unknown>().withPlugin('subject', source).build());
  const pid = pidOf(host.manager.getPlugin('subject'));
  await host.manager.shutdown({ timeoutMs: 0 });
  expect(isAlive(pid)).toBe(false);
});

it('a call that arrives while a program still loads waits for it', async () => {
  // It reads nothing before the second line is there too: the first one waits in the pipe.
  const program = `
    import { createInterface } from 'node:readline';
    const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const [first, second] = [await lines.next(), await lines.next()];
    for (const { value } of [first, second]) console.log(JSON.stringify({ id: JSON.parse(value).id, result: 'loaded' }));
    await lines.next();`;
  const source = subprocess(process.execPath, {
    args: ['--input-type=module', '-e', program],
    protocol: 'go-plugins',
  });
  await using host = await managed(Simple<Told, unknown>().withPlugin('subject', source).build());
  const calls = [host.manager.execute('subject', {}), host.manager.execute('subject', {})];
  expect(await Promise.all(calls)).toEqual(['loaded', 'loaded']);
});

it('a program that ends at once is told with its exit code and last words', async () => {
  const args = [fixture('bad/exits-at-once.mjs'), '4'];
  const source = subprocess(process.execPath, { args, protocol: 'go-plugins' });
  // Lines have no greeting: whether it started is a matter of time, which this clock holds.
  await using host = await managed(Simple<Told, unknown>().withClock(new ManualClock()).build());
  await expect(host.manager.register('subject', source)).rejects.toMatchObject({
    code: 'REGISTRY_1908',
    message: expect.stringMatching(/exited with code 4 .*usage: exits-at-once/) as string,
  });
});
