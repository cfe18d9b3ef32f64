import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Client, credentials } from '@grpc/grpc-js';
import {
  goMethod,
  reattachGoPlugin,
  serveGoPluginTest,
  type ServeGoPluginOptions,
} from 'plugboard/go-plugin';
import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { answerTo, runHost } from './go-hosts.ts';
import { buildGo, handshake, hasGo, keep, services } from './go-plugins.ts';

/** The fixtures' service as far as it is needed: one field of a message, number 1. */
const kv = {
  'proto.KV': {
    Get: goMethod({
      decode: (bytes: Uint8Array) => Buffer.from(bytes.subarray(2)).toString(),
      answer: (key) => `value of ${key}`,
      encode: (value) => Buffer.concat([Buffer.from([10, value.length]), Buffer.from(value)]),
    }),
  },
};

describe('a plugin that a test serves', () => {
  it('is attached to by a host of ours, again and again, and goes on running', async () => {
    let closed = 0;
    const test = await serveGoPluginTest({ handshake, services: kv, close: () => void closed++ });
    for (const key of ['a', 'b']) {
      const host = await keep(reattachGoPlugin(test.reattach, { services }));
      expect(await host.ask('get', key)).toBe(`value of ${key}`);
      await host.manager.shutdown();
    }
    expect(closed).toBe(0);
    await test.close();
    await test.close();
    expect(closed).toBe(1);
  });

  it('leaves no socket and no listener behind', async () => {
    const signals = process.listenerCount('SIGTERM');
    const write: unknown = Reflect.get(process.stdout, 'write');
    const test = await serveGoPluginTest({ handshake, services: kv });
    const { String: path } = test.reattach.Addr;
    expect(existsSync(path)).toBe(true);
    expect(process.listenerCount('SIGTERM')).toBe(signals);
    expect(Reflect.get(process.stdout, 'write')).toBe(write);
    await test.close();
    expect(existsSync(path)).toBe(false);
    await expect(keep(reattachGoPlugin(test.reattach, { services }))).rejects.toThrow('PLUGIN_1205');
  });

  it('may be served by a thread, and only its user connects to it', async () => {
    const program = new URL('../../fixtures/plugins/go-test-in-thread.mjs', import.meta.url);
    const thread = new Worker(program);
    const [{ String: path }] = (await once(thread, 'message')) as [{ String: string }];
    expect(statSync(path).mode & 0o777).toBe(0o600);
    thread.postMessage('end');
    await once(thread, 'exit');
    expect(existsSync(path)).toBe(false);
  });

  it('survives a close of its own that fails when a host tells it to end', async () => {
    let closed = 0;
    const close = (): void => {
      closed++;
      throw new Error('not now');
    };
    const test = await serveGoPluginTest({ handshake, services: kv, close });
    const { String: path } = test.reattach.Addr;
    const client = new Client(`unix:${path}`, credentials.createInsecure());
    const asIs = (bytes: Buffer): Buffer => bytes;
    const done = new Promise((resolve) =>
      client.makeUnaryRequest('/plugin.GRPCController/Shutdown', asIs, asIs, Buffer.alloc(0), resolve),
    );
    expect(await done).toBeNull();
    client.close();
    await expect.poll(() => closed).toBe(1); // nobody waits for it, and a rejection that is not caught fails the run
    await new Promise((resolve) => setImmediate(resolve));
    await expect(test.close()).rejects.toThrow('not now');
    expect(existsSync(path)).toBe(false);
  });

  it.each<readonly [object, string]>([
    [{}, 'magicCookieKey'],
    [{ handshake }, 'neither services nor'],
    [{ handshake, services: 5 }, 'services'],
    [{ handshake, plugin: 'it' }, 'plugin'],
    [{ handshake, services: kv, netwrk: 'tcp' }, 'netwrk'],
  ])('has no options that make no sense: %j', async (options, named) => {
    await expect(serveGoPluginTest(options as ServeGoPluginOptions)).rejects.toMatchObject({
      code: 'CONFIG_1703',
      message: expect.stringContaining(named) as string,
    });
  });

  it('says where it is as plain JSON, with the lowest of its versions', async () => {
    await using test = await serveGoPluginTest({ handshake, versions: [6, 5], services: kv, network: 'tcp' });
    expect(JSON.parse(JSON.stringify(test.reattach))).toEqual({
      Protocol: 'grpc',
      ProtocolVersion: 5,
      Pid: process.pid,
      Test: true,
      Addr: { Network: 'tcp', String: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string },
    });
  });
});

describe.each(['1.8.0', '1.4.8'] as const)('a host in Go with go-plugin %s', (version) => {
  needsTool('go', hasGo);
  beforeAll(() => buildGo(version), goBuildTimeoutMs);

  it('attaches to a plugin that a test serves, and does not end it', async () => {
    await using test = await serveGoPluginTest({ handshake, services: kv });
    const flags = ['-reattach', JSON.stringify(test.reattach)];
    for (const key of ['a', 'b']) {
      const run = await runHost([`get ${key}`], { version, flags, plugin: [] });
      expect(answerTo(run, `get ${key}`).value).toBe(`value of ${key}`);
      expect(run.exitCode).toBe(0);
    }
  });
});
