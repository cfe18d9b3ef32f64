import { open, realpath } from 'node:fs/promises';
import { Simple, type PluginSource } from 'plugboard';
import { subprocess, worker, type SubprocessOptions } from 'plugboard/transports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { managed } from '../support/managed.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { fixture } from './subjects.ts';

/** What a program found when it was started. */
interface Conditions {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly descriptors: readonly string[];
}

type Given = Pick<SubprocessOptions, 'args' | 'env'>;

async function conditionsOf(source: PluginSource): Promise<Conditions> {
  await using host = await managed(Simple<string, Conditions>().withPlugin('subject', source).build());
  return await host.manager.execute('subject', 'tell');
}

function reporter(options: SubprocessOptions = {}): PluginSource {
  const args = [fixture('reports-itself.mjs'), ...(options.args ?? [])];
  return subprocess(process.execPath, { ...options, args });
}

const passedOn = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'];
const protocol = [
  'PLUGBOARD_CHANNEL',
  'PLUGBOARD_MAGIC_COOKIE',
  'PLUGBOARD_PLUGIN_NAME',
  'PLUGBOARD_PROTOCOL_VERSIONS',
  'PLUGBOARD_START',
];

describe('what a plugin is started with', () => {
  beforeAll(() => {
    process.env['DATABASE_PASSWORD'] = 'secret';
    process.env['TZ'] = 'Europe/Berlin';
  });

  afterAll(() => {
    delete process.env['DATABASE_PASSWORD'];
    delete process.env['TZ'];
  });

  it('is a short environment: no secret of the host, no NODE_OPTIONS, no LD_PRELOAD', async () => {
    const { env } = await conditionsOf(reporter());
    expect(Object.keys(env).filter((name) => ![...passedOn, ...protocol].includes(name))).toEqual([]);
    expect(env).toMatchObject({
      TZ: 'Europe/Berlin',
      PLUGBOARD_CHANNEL: 'fd:3',
      PLUGBOARD_PROTOCOL_VERSIONS: '1',
      PLUGBOARD_PLUGIN_NAME: 'subject',
    });
  });

  it('is its own variables, which win over the inherited ones but not over the protocol’s', async () => {
    const { env } = await conditionsOf(
      reporter({ env: { TZ: 'UTC', TOKEN: 't', PLUGBOARD_CHANNEL: 'fd:9' } }),
    );
    expect(env).toMatchObject({ TZ: 'UTC', TOKEN: 't', PLUGBOARD_CHANNEL: 'fd:3' });
  });

  it('is the whole environment of the host where that is wanted', async () => {
    const { env } = await conditionsOf(reporter({ inheritEnv: true }));
    expect(env).toMatchObject({ DATABASE_PASSWORD: 'secret' });
  });

  it('is a short environment for a worker, too', async () => {
    const { env } = await conditionsOf(
      worker(fixture('reports-itself.mjs'), { env: { TOKEN: 't' }, args: ['a'] }),
    );
    expect(Object.keys(env).filter((name) => ![...passedOn, 'TOKEN'].includes(name))).toEqual([]);
    expect(env['TOKEN']).toBe('t');
  });

  it.each([
    ['a process', (options: Given) => subprocess(process.execPath, options)],
    ['a worker', (options: Given) => worker(fixture('reports-itself.mjs'), options)],
  ])('is what %s was given, whatever becomes of it later', async (kind, start) => {
    const options = {
      args: kind === 'a worker' ? ['a'] : [fixture('reports-itself.mjs'), 'a'],
      env: { TOKEN: 't' },
    };
    const source = start(options);
    options.args.push('b');
    options.env.TOKEN = 'u';
    const { args, env } = await conditionsOf(source);
    expect([args, env['TOKEN']]).toEqual([['a'], 't']);
  });

  it('is its arguments as they are: no shell looks at them', async () => {
    const args = ['$HOME', '`id`', '; exit 9', '*', '', 'a b', '"', '--flag=ü'];
    expect((await conditionsOf(reporter({ args }))).args).toEqual(args);
  });

  it('is its working directory, and a relative command is the host’s', async () => {
    await using folder = await tempFolder();
    expect((await conditionsOf(reporter({ cwd: folder.path }))).cwd).toBe(await realpath(folder.path));
  });

  it.runIf(process.platform === 'linux')('is no file that the host has open', async () => {
    await using folder = await tempFolder();
    const secret = await open(await folder.write('secret', 'hidden'));
    try {
      const { descriptors } = await conditionsOf(reporter());
      expect(descriptors.length).toBeGreaterThan(3);
      expect(descriptors.filter((target) => target.startsWith(folder.path))).toEqual([]);
      // Its four pipes; what else there is, it opened itself, and is neither a socket nor a file of the host's.
      expect(descriptors.filter((target) => target.startsWith('socket:'))).toHaveLength(4);
    } finally {
      await secret.close();
    }
  });

  it('is told over stdio when that was chosen', async () => {
    const { env } = await conditionsOf(reporter({ channel: 'stdio' }));
    expect(env['PLUGBOARD_CHANNEL']).toBe('stdio');
  });
});
