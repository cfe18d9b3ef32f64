import { Simple } from 'plugboard';
import { subprocess, worker, type SubprocessOptions } from 'plugboard/transports';
import { afterEach, describe, expect, it } from 'vitest';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { expectNoChildren } from '../support/processes.ts';
import { startError } from '../support/start-error.ts';
import { fixture } from './subjects.ts';

afterEach(expectNoChildren);

const channels = ['fd', 'stdio'] as const;

function bad(name: string, args: readonly string[] = [], options: SubprocessOptions = {}) {
  return subprocess(process.execPath, { args: [fixture(`bad/${name}.mjs`), ...args], ...options });
}

const greeting = { protocolVersion: 1, info: { name: 'raw', version: '1.0.0' }, hooks: ['execute'] };

function greets(answer: unknown) {
  return bad('greets-as-told', [JSON.stringify(answer)]);
}

describe.each(channels)('over %s', (channel) => {
  it('a program that exits in the handshake is told with its exit code and its last words', async () => {
    expect(await startError(bad('exits-in-handshake', ['7'], { channel }))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringMatching(/exited with code 7 .*the database is not there/) as string,
      context: { exitCode: 7, signal: null },
    });
  });

  it('a program that is ended by a signal in the handshake is told with the signal', async () => {
    expect(await startError(bad('dies-by-signal', [], { channel }))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringContaining('was ended by SIGABRT') as string,
      context: { exitCode: null, signal: 'SIGABRT' },
    });
  });

  it('a program that never speaks and ends well is asked whether it serves', async () => {
    expect(await startError(bad('exits-at-once', ['0'], { channel }))).toMatchObject({
      code: 'REGISTRY_1908',
      message: expect.stringMatching(/exited with code 0 .*usage: exits-at-once.*serve\(\)/) as string,
    });
  });

  it.each(['never-greets', 'dribbles'])('a program that %s is ended when its time is over', async (name) => {
    expect(await startError(bad(name, [], { channel }), { startTimeoutMs: 300 })).toMatchObject({
      code: 'RPC_2002',
      message: expect.stringContaining('within 300 ms') as string,
      context: { startTimeoutMs: 300 },
    });
  });

  it('a program that closes its channel in the handshake but lives is ended', async () => {
    const error = await startError(bad('closes-in-handshake', [], { channel }));
    expect(error).toMatchObject({ message: expect.stringContaining('closed its channel') as string });
  });

  it('a banner before the first frame harms nothing', async () => {
    const log = new MemoryLogger();
    await using host = await managed(
      Simple<string, string>()
        .withLogger(log)
        .withPlugin('subject', bad('prints-banner', [], { channel }))
        .build(),
    );
    expect(await host.manager.execute('subject', 'hello')).toBe('hello');
    const printed = log.records.filter(({ message }) => message.includes('Welcome to my plugin'));
    const dropped = log.records.filter(
      ({ level, fields }) => level === 'warn' && fields['kind'] === 'malformed',
    );
    expect([printed.length, dropped.length]).toEqual(channel === 'fd' ? [1, 1] : [0, 1]);
  });
});

it('a banner without an end of line spoils the first frame over stdio, and the error shows it', async () => {
  expect(await startError(bad('prints-unfinished-banner', [], { channel: 'stdio' }))).toMatchObject({
    code: 'RPC_2004',
    message: expect.stringContaining('password: ') as string,
  });
});

it('a program that floods stdout and stderr before its first frame starts all the same', async () => {
  const log = new MemoryLogger();
  await using host = await managed(
    Simple<string, string>().withLogger(log).withPlugin('subject', bad('floods-first')).build(),
  );
  expect(await host.manager.execute('subject', 'hello')).toBe('hello');
  await host.manager.shutdown();
  const said = log.records.filter(({ message }) => message.startsWith('chatter')).length;
  const dropped = log.records.reduce((sum, { fields }) => sum + Number(fields['dropped'] ?? 0), 0);
  expect([said < 20_000, said + dropped]).toEqual([true, 100_000]);
});

it('a banner without an end of line is only a record over fd', async () => {
  const log = new MemoryLogger();
  await using host = await managed(
    Simple<string, string>().withLogger(log).withPlugin('subject', bad('prints-unfinished-banner')).build(),
  );
  expect(await host.manager.execute('subject', 'hello')).toBe('hello');
  await host.manager.shutdown();
  expect(log.records).toContainEqual(expect.objectContaining({ message: 'password: ' }));
});

describe('an answer to the handshake that does not fit', () => {
  it('names both versions', async () => {
    expect(await startError(greets({ ...greeting, protocolVersion: 2 }))).toMatchObject({
      code: 'RPC_2002',
      message: expect.stringMatching(/host speaks protocol version 1, the plugin 2/) as string,
    });
  });

  it('names both contracts', async () => {
    expect(await startError(greets({ ...greeting, hooks: ['mail.from', 'mail.data'] }))).toMatchObject({
      code: 'RPC_2002',
      message: expect.stringMatching(
        /host asks \[execute\], the plugin answers \[mail\.from, mail\.data\]/,
      ) as string,
    });
  });

  it('names both contracts of a worker, too', async () => {
    await using host = await managed(Simple({ 'mail.from': {}, 'mail.data': {} }).build());
    const starting = host.manager.register('subject', worker(fixture('serve-all-round.mjs')));
    await expect(starting).rejects.toMatchObject({
      code: 'RPC_2002',
      message: expect.stringMatching(
        /host asks \[mail\.from, mail\.data\], the plugin answers \[execute\]/,
      ) as string,
    });
  });

  it.each([
    ['no version at all', { ...greeting, protocolVersion: undefined }],
    ['a version that has no text', { ...greeting, protocolVersion: { toString: 1 } }],
    ['hooks that are no list', { ...greeting, hooks: 'execute' }],
    ['hooks that are no names', { ...greeting, hooks: [{ toString: 1 }, 7, null] }],
    ['no info', { ...greeting, info: undefined }],
    ['an info without a name', { ...greeting, info: { version: '1.0.0' } }],
    ['an info without a semantic version', { ...greeting, info: { name: 'raw', version: 'latest' } }],
    ['nothing', null],
    ['a list', []],
    ['a text', 'welcome'],
  ])('is refused with RPC_2002: %s', async (_, answer) => {
    expect(await startError(greets(answer))).toMatchObject({ code: 'RPC_2002', plugin: 'subject' });
  });

  it('keeps code and message of a plugin that refuses', async () => {
    expect(await startError(bad('refuses-handshake'))).toMatchObject({
      code: 'NO_LICENCE',
      message: expect.stringContaining('the licence has run out') as string,
    });
  });
});

it('a worker that never calls serve is ended when its time is over', async () => {
  expect(await startError(worker(fixture('bad/idles.mjs')), { startTimeoutMs: 300 })).toMatchObject({
    code: 'RPC_2002',
    message: expect.stringContaining('serve()') as string,
  });
});

it('a worker that ends before it serves is told so', async () => {
  expect(await startError(worker(fixture('bad/exits-at-once.mjs')))).toMatchObject({
    code: 'REGISTRY_1908',
    message: expect.stringMatching(/exited with code 0 before it was ready/) as string,
  });
});

it('a start that is no longer wanted ends the program', async () => {
  await using host = await managed(Simple<string, string>().build());
  const starting = host.manager.register('subject', bad('never-greets'));
  const refused = starting.then(
    () => undefined,
    (error: unknown) => error,
  );
  await host.manager.shutdown();
  expect(await refused).toMatchObject({ code: 'PLUGIN_1208' });
});
