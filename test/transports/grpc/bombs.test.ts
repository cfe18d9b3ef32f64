import { setImmediate as turn } from 'node:timers/promises';
import { defineHooks, hook, Simple } from 'plugboard';
import { grpc, type GrpcServices } from 'plugboard/transports';
import { expect, it } from 'vitest';
import { managed } from '../../support/managed.ts';
import { bombServer } from './bomb-server.ts';
import { host } from './servers.ts';

const maxFrameBytes = 1024 * 1024;

/** What the error names: the limit, and what a message has around its payload. */
const limit = String(maxFrameBytes + 64);

/** So much more may be held than before: a window of the connection, and what the collector has not taken. */
const roomBytes = 64 * 1024 * 1024;

/** The most bytes that buffers held while something ran, beyond those before. */
async function held(run: () => Promise<unknown>): Promise<number> {
  const bytes = (): number => process.memoryUsage().arrayBuffers;
  const before = bytes();
  let most = before;
  const over = new AbortController();
  const watch = (async () => {
    for (; !over.signal.aborted; await turn()) most = Math.max(most, bytes());
  })();
  await run().finally(() => over.abort());
  await watch;
  return most - before;
}

const once = { restart: { maxRestarts: 0 } };

it('an answer that inflates past the limit is RPC_2006, and never in memory', async () => {
  await using server = await bombServer('unary');
  await using own = await host(grpc(server.endpoint, { maxFrameBytes }), once);
  const used = await held(async () => {
    await expect(own.manager.execute('subject', 'x')).rejects.toMatchObject({
      code: 'RPC_2006',
      plugin: 'subject',
      retryable: false,
      message: expect.stringContaining(limit) as string,
    });
  });
  expect(used).toBeLessThan(roomBytes);
  expect(server.sent()).toBe(1);
  expect(own.manager.listPlugins()[0]?.state.status).toBe('ready');
});

it('a stream of all calls that inflates past the limit is over, and never in memory', async () => {
  await using server = await bombServer('session');
  await using own = await host(grpc(server.endpoint, { maxFrameBytes }), once);
  const used = await held(async () => {
    await expect(own.manager.execute('subject', 'x')).rejects.toMatchObject({
      code: 'PLUGIN_1205',
      message: expect.stringContaining(limit) as string,
    });
  });
  expect(used).toBeLessThan(roomBytes);
  expect(server.sent()).toBe(1);
});

const hooks = defineHooks({ price: hook<string, string>() });
const asText = { encode: (text: string) => Buffer.from(text), decode: String };
const services: GrpcServices<typeof hooks> = { price: { method: '/shop.Shop/Price', ...asText } };

it('so it is with methods of a .proto of its own', async () => {
  await using server = await bombServer('unary');
  const source = grpc<typeof hooks>(server.endpoint, { maxFrameBytes, services });
  await using own = await managed(Simple(hooks).withPlugin('shop', source, once).build());
  const used = await held(async () => {
    await expect(own.manager.call('shop', 'price', 'x')).rejects.toMatchObject({
      code: 'RPC_2006',
      retryable: false,
      hook: 'price',
    });
  });
  expect(used).toBeLessThan(roomBytes);
});
