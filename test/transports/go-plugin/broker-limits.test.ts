import {
  goMethod,
  reattachGoPlugin,
  serveGoPluginTest,
  type GoConnection,
  type GoPluginMethod,
} from 'plugboard/go-plugin';
import { expect, it, vi } from 'vitest';
import { codecs, handshake, keep } from './go-plugins.ts';

const { bytes, bytesIn, none, number, numberIn } = codecs;
const maxFrameBytes = 64 * 1024;

/** Opens, beside the main connection, a store that gives as many bytes as it is asked for. */
const plugin = {
  'fixture.Stores': {
    Open: goMethod({
      decode: () => undefined,
      encode: number,
      answer: async (_nothing, { broker }) => (await broker.serve({ 'fixture.Store': { Get: store } })).id,
    }),
  },
};

const store = goMethod({ decode: numberIn, encode: bytes, answer: (size: number) => Buffer.alloc(size) });
const get = { method: '/fixture.Store/Get', encode: number, decode: bytesIn };

const open: GoPluginMethod<null, GoConnection> = {
  method: '/fixture.Stores/Open',
  encode: none,
  decode: (message, call) => call.broker.dial(numberIn(message)),
};

it('what a plugin serves through the broker has the limit of its main connection', async () => {
  await using test = await serveGoPluginTest({ handshake, services: plugin });
  const source = reattachGoPlugin(test.reattach, { services: { double: open }, maxFrameBytes });
  const host = await keep(source);
  const dialled = (await host.ask('double')) as GoConnection;
  expect(await dialled.call(get, maxFrameBytes / 2)).toHaveLength(maxFrameBytes / 2);
  await expect(dialled.call(get, 2 * maxFrameBytes)).rejects.toMatchObject({
    code: 'RPC_2006',
    plugin: 'kv',
  });
  await host.manager.shutdown();
});

it('what a plugin serves through the broker ends with it', async () => {
  const servers = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind.includes('Server')).length;
  const before = servers();
  const test = await serveGoPluginTest({ handshake, services: plugin, network: 'tcp' });
  const host = await keep(reattachGoPlugin(test.reattach, { services: { double: open } }));
  await host.ask('double');
  expect(servers()).toBe(before + 2);
  await host.manager.shutdown();
  await test.close();
  await expect.poll(servers).toBe(before);
});

it('what a plugin serves through the broker on a port is asked without the proxy of the environment', async () => {
  await using test = await serveGoPluginTest({ handshake, services: plugin, network: 'tcp' });
  const host = await keep(reattachGoPlugin(test.reattach, { services: { double: open } }));
  vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
  try {
    const dialled = (await host.ask('double')) as GoConnection;
    expect(await dialled.call(get, 5)).toHaveLength(5);
  } finally {
    vi.unstubAllEnvs();
    await host.manager.shutdown();
  }
});
