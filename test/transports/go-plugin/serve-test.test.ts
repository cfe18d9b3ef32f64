import { existsSync } from 'node:fs';
import { goMethod, reattachGoPlugin, serveGoPluginTest } from 'plugboard/go-plugin';
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
