import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  defineHooks,
  hook,
  silentLogger,
  Simple,
  type Channel,
  type Logger,
  type PluginManager,
} from 'plugboard';
import { subprocess, type SubprocessOptions } from 'plugboard/transports';
import { expect, test } from 'vitest';
import { managed, type Managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { isAlive, until } from '../support/processes.ts';

/** What the example plugins are asked. `mark` asks for the text with its hits in capitals. */
export interface ScoreRequest {
  readonly text?: string;
  readonly raw?: Uint8Array;
  readonly mark?: boolean;
}

/** What they answer. */
export interface ScoreAnswer {
  readonly score: number;
  readonly hits: readonly string[];
  readonly marked?: Uint8Array;
}

/** A program to be tested. A function where it has to be built first. */
export interface Program {
  readonly command: () => string;
  readonly options: SubprocessOptions;
}

/** A file of `examples/languages/`. */
export function example(path: string): string {
  return fileURLToPath(new URL(`../../examples/languages/${path}`, import.meta.url));
}

type Scorer = Managed<PluginManager<ScoreRequest, ScoreAnswer, 'score'>>;

/** A host of one example plugin that looks for some words; it ends with its test. */
export function scorer(
  { command, options }: Program,
  words: readonly string[] = ['Free', 'winner'],
  logger: Logger = silentLogger,
): Promise<Scorer> {
  return managed(
    Simple<ScoreRequest, ScoreAnswer>()
      .withLogger(logger)
      .withPlugin('score', subprocess(command(), options), {
        config: { words },
        restart: { initialDelayMs: 10 },
      })
      .build(),
  );
}

/** A text that keeps every one of the example plugins busy for longer than a message takes there and back. */
const longText = 'free words '.repeat(300_000);

/** Asks about the long text and gives up as soon as the plugin is at work. */
async function giveUp({ manager }: Scorer): Promise<void> {
  const caller = new AbortController();
  const call = manager.execute('score', { text: longText }, { signal: caller.signal });
  const outcome = call.catch((error: unknown) => error);
  await manager.health(); // its answer comes after the plugin has read the call
  caller.abort();
  expect(await outcome).toMatchObject({ code: 'PLUGIN_1206' });
}

/** What every example plugin does, whatever it is written in and however it talks. */
export function answersCalls(program: Program): void {
  test('counts the words it was told to look for', async () => {
    await using host = await scorer(program);
    const { score, hits } = await host.manager.execute('score', { text: 'A FREE prize, free! Winners win.' });
    expect({ score, hits }).toEqual({ score: 2, hits: ['free'] });
  });

  test('understands text that JSON has to escape, and text beyond ASCII', async () => {
    await using host = await scorer(program);
    const text = '"free"\n\\free\\\ttäglich free\u0001 wïnner 🎁 winner {"text":"free"}';
    const { score, hits } = await host.manager.execute('score', { text });
    expect({ score, hits }).toEqual({ score: 5, hits: ['free', 'winner'] });
  });

  test('answers 500 calls that are under way at once, each with its own answer', async () => {
    await using host = await scorer(program);
    const texts = Array.from({ length: 500 }, (_, n) => 'free '.repeat(n % 7));
    const answers = await Promise.all(texts.map((text) => host.manager.execute('score', { text })));
    expect(answers.map(({ score }) => score)).toEqual(texts.map((_, n) => n % 7));
  });

  test('answers the next call after one that was given up', async () => {
    await using host = await scorer(program);
    await giveUp(host);
    expect(await host.manager.execute('score', { text: 'free' })).toMatchObject({ score: 1 });
  });

  test('ends when it is shut down, with the call that still runs answered', async () => {
    await using host = await scorer(program);
    const { pid } = host.manager.getPlugin('score') ?? {};
    const running = host.manager.execute('score', { text: 'free '.repeat(50_000) });
    const report = await host.manager.shutdown({ timeoutMs: 20_000 });
    expect(await running).toMatchObject({ score: 50_000 });
    expect(report.cancelled).toEqual({});
    expect(isAlive(Number(pid))).toBe(false);
  });

  test('ends with its host, also when the host is killed', async () => {
    const { command, options } = program;
    const call = `subprocess(${JSON.stringify(command())}, ${JSON.stringify(options)})`;
    const code = `
      import { Simple } from 'plugboard';
      import { subprocess } from 'plugboard/transports';
      const manager = await Simple().withPlugin('score', ${call}).build();
      console.log(manager.getPlugin('score').pid);`;
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const host = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd, stdio: 'pipe' });
    const [pid] = (await once(createInterface(host.stdout), 'line')) as [string];
    expect(isAlive(Number(pid))).toBe(true);
    host.kill('SIGKILL');
    await until(() => !isAlive(Number(pid)));
  });

  test('is started again after SIGTERM from elsewhere', async () => {
    await using host = await scorer(program);
    const restarting = host.next('score', 'restarting');
    const ready = host.next('score', 'ready');
    process.kill(host.manager.getPlugin('score')?.pid ?? Number.NaN, 'SIGTERM');
    expect((await restarting).to).toMatchObject({ error: { code: 'PLUGIN_1205', retryable: true } });
    await ready;
    expect(await host.manager.execute('score', { text: 'free' })).toMatchObject({ score: 1 });
  });
}

/** What those do that speak plugboard's own protocol. */
export function speaksTheProtocol(program: Program): void {
  test('takes bytes and gives bytes, whatever is in them', async () => {
    await using host = await scorer(program);
    const raw = Buffer.from(
      'get free\n{"jsonrpc":"2.0","id":1,"result":"not a frame"}\n\r\n\0 winner',
      'latin1',
    );
    const answer = await host.manager.execute('score', { raw, mark: true });
    expect(answer).toMatchObject({ score: 2, hits: ['free', 'winner'] });
    const marked = raw.toString('latin1').replace('free', 'FREE').replace('winner', 'WINNER');
    expect(Buffer.from(answer.marked ?? []).toString('latin1')).toBe(marked);
  });

  test('takes empty bytes and large ones', async () => {
    await using host = await scorer(program);
    const empty = await host.manager.execute('score', { raw: new Uint8Array(), mark: true });
    expect(empty).toMatchObject({ score: 0, marked: new Uint8Array() });
    const large = await host.manager.execute('score', {
      raw: Buffer.alloc(4_000_000, 'free words\n'),
      mark: true,
    });
    expect(large.marked?.byteLength).toBe(4_000_000);
  });

  test('fails with a code of its own, which the host does not try again', async () => {
    await using host = await scorer(program);
    const call = host.manager.execute('score', {});
    await expect(call).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      retryable: false,
      plugin: 'score',
      rawMessage: 'send {"text": string} or {"raw": bytes}',
    });
  });

  test('fails the call whose answer is over the frame limit, and only that', async () => {
    const word = 'x'.repeat(600);
    const small = { ...program, options: { ...program.options, maxFrameBytes: 1024 } };
    await using host = await scorer(small, ['free', word]);
    // The answer has the word twice: in its hits and in the marked text.
    const tooLarge = host.manager.execute('score', { text: word, mark: true });
    const tiny = host.manager.execute('score', { text: 'free' });
    await expect(tooLarge).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await tiny).toMatchObject({ score: 1 });
  });

  test('is asked to stop when a call is given up, and says nothing more about it', async () => {
    const logger = new MemoryLogger();
    await using host = await scorer(program, undefined, logger);
    await giveUp(host);
    await host.manager.shutdown();
    expect(logger.records.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  test('says how it is while a call keeps it busy', async () => {
    await using host = await scorer(program);
    const busy = host.manager.execute('score', { text: longText });
    const { plugins } = await host.manager.health();
    expect(plugins['score']).toMatchObject({ status: 'healthy' });
    expect(await busy).toMatchObject({ score: 300_000 });
  });

  test('refuses to start with a config that makes no sense', async () => {
    const building = Simple<ScoreRequest, ScoreAnswer>()
      .withPlugin('score', subprocess(program.command(), program.options), { config: { words: 'free' } })
      .build();
    await expect(building).rejects.toThrow('config.words must be a list of strings');
  });

  test('takes new words without a restart, and keeps the old ones when the new make no sense', async () => {
    const source = subprocess(program.command(), program.options);
    const channels: Channel[] = [];
    const open: typeof source.open = async (setup) => {
      const channel = await source.open(setup);
      channels.push(channel);
      return channel;
    };
    await using host = await managed(
      Simple<ScoreRequest, ScoreAnswer>()
        .withPlugin('score', { ...source, open })
        .build(),
    );
    expect(await channels[0]?.configure({ words: ['prize'] })).toBe(true);
    expect(await host.manager.execute('score', { text: 'a free prize' })).toMatchObject({ hits: ['prize'] });
    await expect(channels[0]?.configure({ words: [1] })).rejects.toMatchObject({ code: 'BAD_CONFIG' });
    expect(await host.manager.execute('score', { text: 'a free prize' })).toMatchObject({ hits: ['prize'] });
    expect(channels).toHaveLength(1);
  });

  test('does not answer hooks it does not know', async () => {
    const hooks = defineHooks({
      execute: hook<ScoreRequest, ScoreAnswer>(),
      'mail.data': hook<ScoreRequest, ScoreAnswer>(),
    });
    const source = subprocess(program.command(), program.options);
    await using host = await managed(Simple(hooks).withPlugin('score', source).build());
    expect(await host.manager.call('score', 'execute', { text: 'free' })).toMatchObject({ score: 1 });
    await expect(host.manager.call('score', 'mail.data', {})).rejects.toMatchObject({ code: 'PLUGIN_1211' });
  });

  test('says what it is when it is started by hand', async () => {
    const { command, options } = program;
    const child = execFile(command(), [...(options.args ?? [])]);
    let said = '';
    child.stderr?.on('data', (text: string) => (said += text));
    child.stdin?.end();
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(said).toContain('is a plugboard plugin');
    expect(said).toContain('withPlugin(');
  });
}
