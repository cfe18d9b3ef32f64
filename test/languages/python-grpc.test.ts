import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Simple, type PluginManager } from 'plugboard';
import { grpc } from 'plugboard/transports';
import { needsTool } from './tool.ts';
import { example, type ScoreAnswer, type ScoreRequest } from './word-score.ts';

const proto = fileURLToPath(new URL('../../transports/grpc/plugboard.proto', import.meta.url));
const isThere = spawnSync('python3', ['-c', 'import grpc, grpc_tools'], { stdio: 'ignore' }).status === 0;

describe('the server in Python, over gRPC', { timeout: 60_000 }, () => {
  needsTool('python3 with grpcio and grpcio-tools', isThere);
  let server: ReturnType<typeof spawn> | undefined;
  let manager: PluginManager<ScoreRequest, ScoreAnswer, 'score'>;
  const build = async (endpoint: string, words: unknown): Promise<typeof manager> =>
    Simple<ScoreRequest, ScoreAnswer>().withPlugin('score', grpc(endpoint), { config: { words } }).build();
  let endpoint = '';
  let ended: Promise<unknown> | undefined;

  beforeEach(async () => {
    if (!isThere) return;
    const child = spawn('python3', [example('python-grpc/word_score_server.py'), proto], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    server = child;
    ended = once(child, 'exit');
    [endpoint] = (await once(createInterface(child.stdout), 'line')) as [string];
    manager = await build(endpoint, ['Free', 'winner']);
  }, 60_000);
  afterEach(async () => {
    if (server === undefined) return;
    await manager.shutdown();
    server.kill('SIGTERM');
    await ended;
  });

  test('counts the words it was told to look for', async () => {
    const { score, hits } = await manager.execute('score', { text: 'A FREE prize, free! Winners win.' });
    expect({ score, hits }).toEqual({ score: 2, hits: ['free'] });
  });

  test('answers 500 calls that are under way at once, each with its own answer', async () => {
    const texts = Array.from({ length: 500 }, (_, n) => 'free '.repeat(n % 7));
    const answers = await Promise.all(texts.map((text) => manager.execute('score', { text })));
    expect(answers.map(({ score }) => score)).toEqual(texts.map((_, n) => n % 7));
  });

  test('fails with a code of its own', async () => {
    await expect(manager.execute('score', {})).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      plugin: 'score',
      rawMessage: 'send {"text": string}',
    });
  });

  test('refuses a config that makes no sense', async () => {
    await expect(build(endpoint, 'free')).rejects.toThrow('config.words must be a list of strings');
  });

  test('is lost with a coded error when it is killed', async () => {
    const running = manager.execute('score', { text: 'free words '.repeat(300_000) });
    server?.kill('SIGKILL');
    await expect(running).rejects.toMatchObject({ code: 'PLUGIN_1205', retryable: true });
  });
});
