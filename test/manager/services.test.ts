import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { definePlugin, PluginError, Simple, type PluginSource, type Single } from 'plugboard';
import { inProcess, subprocess, worker } from 'plugboard/transports';
import { managed } from '../support/managed.ts';
import { expectNoChildren } from '../support/processes.ts';
import { answering } from './plugins.ts';

afterEach(expectNoChildren);

const program = fileURLToPath(new URL('programs/asks-host.mjs', import.meta.url));

/** Asks the service that it is told, and tells what came of it. */
const asking = answering<string, unknown>(async (service, { host }) => {
  try {
    return await host[service]?.({ user: 'ada' });
  } catch (error) {
    return error instanceof PluginError ? `${error.code} ${error.rawMessage}` : String(error);
  }
});

type Asks = PluginSource<Single<string, unknown>>;

const places: [string, () => Asks][] = [
  ['in this process', () => inProcess(asking)],
  ['in a worker', () => worker<Single<string, unknown>>(program)],
  ['in a child', () => subprocess<Single<string, unknown>>(process.execPath, { args: [program] })],
];

describe.each(places)('a plugin %s', (_where, source) => {
  const building = () =>
    Simple<string, unknown>()
      .withServices({
        quota: ({ user }: { user: string }, { plugin }) => `${user} has 5 left, says the host to ${plugin}`,
        later: async ({ user }: { user: string }) => ({ user, bytes: new Uint8Array([1, 2]) }),
        broken: () => {
          throw new PluginError('NO_QUOTA', { message: 'the table is gone', retryable: true });
        },
        secrets: () => 'hunter2',
      })
      .withPlugin('asks', source(), { services: ['quota', 'later', 'broken'] })
      .build();

  it('gets what the services answer that it may use', async () => {
    await using host = await managed(building());
    expect(await host.manager.execute('asks', 'quota')).toBe('ada has 5 left, says the host to asks');
    expect(await host.manager.execute('asks', 'later')).toEqual({
      user: 'ada',
      bytes: new Uint8Array([1, 2]),
    });
  });

  it('gets RPC_2007 for a service that it may not use, one that is not there, and what every object has', async () => {
    await using host = await managed(building());
    for (const service of ['secrets', 'nothing', 'constructor', '__proto__', 'toString']) {
      expect(await host.manager.execute('asks', service)).toBe(
        `RPC_2007 the host service '${service}' is unknown or not allowed; allowed: quota, later, broken. Name it in the plugin's \`services\`.`,
      );
    }
  });

  it('gets the error of a service with its code', async () => {
    await using host = await managed(building());
    expect(await host.manager.execute('asks', 'broken')).toBe('NO_QUOTA the table is gone');
  });
});

describe('services', () => {
  it('are closed to a plugin that names none', async () => {
    await using host = await managed(
      Simple<string, unknown>()
        .withServices({ quota: () => 5 })
        .withPlugin('asks', inProcess(asking))
        .build(),
    );
    expect(await host.manager.execute('asks', 'quota')).toMatch(/^RPC_2007 .* allowed: none\./);
  });

  it('can be asked while a plugin starts', async () => {
    let greeting: unknown;
    const early = definePlugin<string, unknown>({
      name: 'early',
      version: '1.0.0',
      async initialize({ host, config }) {
        greeting = await host['greet']?.(config);
      },
      execute: () => greeting,
    });
    await using host = await managed(
      Simple<string, unknown>()
        .withServices({ greet: (name: string) => `hello ${name}` })
        .withPlugin('early', inProcess(early), { services: ['greet'], config: 'ada' })
        .build(),
    );
    expect(await host.manager.execute('early', '')).toBe('hello ada');
  });

  it('that nobody declared fail the build, with those that there are', async () => {
    const building = Simple<string, unknown>()
      .withServices({ quota: () => 5, greet: () => '' })
      .withPlugin('asks', inProcess(asking), { services: ['qouta'] as never[] })
      .build();
    await expect(building).rejects.toThrow(
      "[RPC_2007] plugin 'asks': the host offers no service 'qouta', but: quota, greet. Declare it with withServices.",
    );
  });
});
