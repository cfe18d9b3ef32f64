import { describe, expect, it } from 'vitest';
import { bareHost, type BareHost, type Frame } from '../support/bare-host.ts';
import { fixture } from './subjects.ts';

const plugin = fixture('says-goodbye.mjs');
const initialize = {
  id: 1,
  method: 'plugin.initialize',
  params: { protocolVersion: 1, hooks: ['execute'], attachments: true, limits: { maxFrameBytes: 65_536 } },
};

async function greeted(): Promise<BareHost> {
  const host = bareHost(plugin);
  host.send(initialize);
  expect(await host.next()).toMatchObject({ id: 1, result: { protocolVersion: 1, attachments: true } });
  return host;
}

const call = (id: unknown, request: string): Frame => ({
  id,
  method: 'plugin.call',
  params: { hook: 'execute', request },
});

describe('a program that serves', () => {
  it('explains itself when it is started by hand, and exits with 1', async () => {
    await using host = bareHost(plugin, { PLUGBOARD_MAGIC_COOKIE: '' });
    expect(await host.exited).toEqual({ exitCode: 1, signal: null });
    expect(host.stderr()).toMatch(/says-goodbye 1\.0\.0: waits\n.*not by hand/);
  });

  it('exits with 1 when the host speaks other versions only', async () => {
    await using host = bareHost(plugin, { PLUGBOARD_PROTOCOL_VERSIONS: '2,3' });
    expect(await host.exited).toEqual({ exitCode: 1, signal: null });
    expect(host.stderr()).toContain('[2,3]');
  });

  it.each(['', 'fd:', 'fd:x', 'unix:/socket'])(
    'exits with 1 on a channel it does not know: %j',
    async (channel) => {
      await using host = bareHost(plugin, { PLUGBOARD_CHANNEL: channel });
      expect(await host.exited).toEqual({ exitCode: 1, signal: null });
      expect(host.stderr()).toContain('PLUGBOARD_CHANNEL');
    },
  );

  it('answers a shutdown with {} after its running calls, then says goodbye and exits with 0', async () => {
    await using host = await greeted();
    host.send(call(2, 'wait'));
    host.send({ id: 3, method: 'plugin.shutdown', params: { timeoutMs: 1000 } });
    host.send(call(4, 'now'));
    expect(await host.next()).toMatchObject({ id: 4, result: 'at once' });
    host.send({ method: 'plugin.cancel', params: { id: 2 } });
    expect(await host.next()).toEqual({ jsonrpc: '2.0', id: 3, result: {} });
    expect(await host.next()).toBeUndefined();
    expect(await host.exited).toEqual({ exitCode: 0, signal: null });
    expect(host.stderr()).toBe('given up\ngoodbye\n');
  });

  it.each([
    ['its channel ends', (host: BareHost) => host.hangUp()],
    ['its channel breaks', (host: BareHost) => host.process.stdio[3]?.destroy()],
    ['its stdin ends', (host: BareHost) => host.process.stdin?.end()],
    ['SIGTERM comes', (host: BareHost) => host.process.kill('SIGTERM')],
  ])('ends when %s, and says goodbye', async (_, end) => {
    await using host = await greeted();
    host.send(call(2, 'wait'));
    host.send(call(3, 'now'));
    expect(await host.next()).toMatchObject({ id: 3 });
    end(host);
    await host.exited;
    expect(host.stderr()).toContain('goodbye');
    expect(host.stderr().match(/goodbye/g)).toHaveLength(1);
  });

  it.each([
    ['a method it does not know', { id: 2, method: 'plugin.dance' }, { id: 2, error: { code: -32601 } }],
    [
      'new settings it cannot take',
      { id: 2, method: 'plugin.configure', params: {} },
      { id: 2, error: { code: -32601 } },
    ],
    [
      'a hook it does not answer',
      { id: 2, method: 'plugin.call', params: { hook: 'other' } },
      { id: 2, error: { code: -32601 } },
    ],
    ['a call without parameters', { id: 2, method: 'plugin.call' }, { id: 2, error: { code: -32601 } }],
    ['a text as id', call('two', 'now'), { id: 'two', result: 'at once' }],
    ['its health', { id: 2, method: 'plugin.health' }, { id: 2, result: { status: 'healthy' } }],
  ])('answers: %s', async (_, frame, answer) => {
    await using host = await greeted();
    host.send(frame);
    expect(await host.next()).toMatchObject(answer);
  });

  it.each([
    ['nonsense', 'nonsense\n'],
    ['notifications it does not know', '{"method":"plugin.news"}\n{"method":"host.log"}\n'],
    ['answers to nothing', '{"id":7,"result":1}\n{"id":null,"error":{}}\n{}\n'],
    [
      'a cancellation of nothing',
      '{"method":"plugin.cancel","params":{"id":99}}\n{"method":"plugin.cancel"}\n',
    ],
    ['a call without an id', '{"method":"plugin.call","params":{"hook":"execute","request":"now"}}\n'],
    ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22, 0x0a])],
    ['a frame over the limit', `{"method":"x","params":"${'x'.repeat(70_000)}"}\n`],
  ])('goes on after %s', async (_, bytes) => {
    await using host = await greeted();
    host.write(bytes);
    host.send(call(9, 'now'));
    expect(await host.next()).toMatchObject({ id: 9, result: 'at once' });
  });

  it('answers a call over the limit with RPC_2006, and the next one as ever', async () => {
    await using host = await greeted();
    host.send(call(2, 'x'.repeat(70_000)));
    host.send(call(3, 'now'));
    expect(await host.next()).toMatchObject({ id: 2, error: { data: { code: 'RPC_2006' } } });
    expect(await host.next()).toMatchObject({ id: 3, result: 'at once' });
  });

  it('runs a call once whose id is used twice while it runs', async () => {
    await using host = await greeted();
    host.send(call(2, 'wait'));
    host.send(call(2, 'now'));
    host.send(call(3, 'now'));
    expect(await host.next()).toMatchObject({ id: 3 });
  });

  it('takes frames cut at any place', async () => {
    await using host = await greeted();
    const bytes = Buffer.from(`${JSON.stringify(call(2, 'now'))}\r\n`);
    for (const byte of bytes) host.write(Uint8Array.of(byte));
    expect(await host.next()).toMatchObject({ id: 2, result: 'at once' });
  });
});
