import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { definePlugin, Simple, type Plugin, type PluginManager, type PluginSource } from 'plugboard';
import {
  emailHooks,
  messageServices,
  openMessage,
  readMessage,
  reject,
  type AntivirusAnswer,
  type EmailHooks,
  type MessageRef,
} from 'plugboard/email';
import { serveGrpc } from 'plugboard/grpc';
import { grpc, inProcess, subprocess, worker } from 'plugboard/transports';
import { managed, type Managed } from '../support/managed.ts';
import { expectNoChildren } from '../support/processes.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { requests } from './samples.ts';

afterEach(expectNoChildren);

const program = fileURLToPath(new URL('programs/reads-message.mjs', import.meta.url));
// No multiple of a chunk, and several of them.
const bytes = randomBytes(2.5 * 1024 * 1024);
const sha256 = createHash('sha256').update(bytes).digest('hex');

const reading = definePlugin<EmailHooks>({
  name: 'reads-message',
  version: '1.0.0',
  hooks: {
    async 'content.antivirusScan'({ message }, context) {
      const hash = createHash('sha256');
      for await (const chunk of openMessage(message, context)) hash.update(chunk as Uint8Array);
      return reject({ signature: hash.digest('hex') });
    },
  },
});

/** A host that knows one message, in this file, and lets the plugin ask for it or not. */
function scanner(
  source: PluginSource,
  file: string,
  services: readonly 'message.read'[],
): Promise<Managed<PluginManager<EmailHooks>>> {
  const offered = messageServices((id, { plugin }) => (id === 'm-1' && plugin === 'scan' ? file : undefined));
  return managed(Simple(emailHooks).withServices(offered).withPlugin('scan', source, { services }).build());
}

async function scan(manager: PluginManager<EmailHooks>, message: MessageRef): Promise<AntivirusAnswer> {
  return await manager.call('scan', 'content.antivirusScan', {
    ...requests['content.antivirusScan'],
    message,
  });
}

const places: [string, () => PluginSource][] = [
  ['in this process', () => inProcess(reading) as PluginSource],
  ['in a worker', () => worker(program)],
  ['in a child', () => subprocess(process.execPath, { args: [program] })],
];

describe.each(places)('a plugin %s', (_where, source) => {
  it('reads a message from its file', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('m-1', bytes, 0o600);
    await using host = await scanner(source(), file, []);
    const answer = await scan(host.manager, { id: 'm-1', size: bytes.length, file });
    expect(answer).toEqual({ action: 'reject', signature: sha256 });
  });

  it('reads a message through the host where it cannot reach the file', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('m-1', bytes, 0o600);
    await using host = await scanner(source(), file, ['message.read']);
    for (const message of [
      { id: 'm-1', size: bytes.length },
      { id: 'm-1', size: bytes.length, file: `${file}-on-another-machine` },
    ])
      expect(await scan(host.manager, message)).toEqual({ action: 'reject', signature: sha256 });
    await expect(scan(host.manager, { id: 'm-2', size: 1 })).rejects.toThrow('There is no such message now');
  });

  it('is told what is missing where it can do neither', async () => {
    await using host = await scanner(source(), '/nowhere', []);
    await expect(scan(host.manager, { id: 'm-1', size: 1 })).rejects.toThrow(
      /message\.read' is unknown or not allowed/,
    );
  });

  it('hears of it when bytes are missing', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('m-1', bytes, 0o600);
    await using host = await scanner(source(), file, ['message.read']);
    const missing = `${bytes.length} of ${bytes.length + 1} bytes of the message are there`;
    await expect(scan(host.manager, { id: 'm-1', size: bytes.length + 1, file })).rejects.toThrow(missing);
    await expect(scan(host.manager, { id: 'm-1', size: bytes.length + 1 })).rejects.toThrow(missing);
  });
});

describe('a plugin behind gRPC, on another machine', () => {
  it('reads a message through the host', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('m-1', bytes, 0o600);
    await using server = await serveGrpc(reading as Plugin, {});
    await using host = await scanner(grpc(server.endpoint), file, ['message.read']);
    const message = { id: 'm-1', size: bytes.length, file: '/only/on/the/other/machine' };
    expect(await scan(host.manager, message)).toEqual({ action: 'reject', signature: sha256 });
  });
});

describe('readMessage', () => {
  it('gives all bytes or none', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('m-1', 'hello');
    const message = { id: 'm-1', size: 5, file };
    expect((await readMessage(message, { host: {} }, 5)).toString()).toBe('hello');
    await expect(readMessage(message, { host: {} }, 4)).rejects.toThrow('5 bytes, more than 4');
  });

  it('stops when the call is given up', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('m-1', bytes);
    const signal = AbortSignal.abort(new Error('the client went away'));
    const reader = { host: {}, signal };
    const given = readMessage({ id: 'm-1', size: bytes.length, file }, reader, bytes.length);
    await expect(given).rejects.toThrow('aborted');
  });
});

describe('message.read', () => {
  const read = messageServices(() => fileURLToPath(import.meta.url))['message.read'];
  const caller = { plugin: 'scan' };

  it('gives at most 1 MiB, and nothing behind the end', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('m-1', bytes);
    const big = messageServices(() => file)['message.read'];
    expect(await big({ id: 'm', offset: 0, length: 1e9 }, caller)).toHaveLength(1024 * 1024);
    expect(await big({ id: 'm', offset: bytes.length, length: 10 }, caller)).toHaveLength(0);
    expect(await big({ id: 'm', offset: 3, length: 2 }, caller)).toEqual(
      new Uint8Array(bytes.subarray(3, 5)),
    );
  });

  it.each([{ offset: -1 }, { length: -1 }, { offset: 0.5 }, { length: Number.NaN }])(
    'refuses %o',
    async (wrong) => {
      await expect(read({ id: 'm', offset: 0, length: 1, ...wrong }, caller)).rejects.toThrow(
        'whole numbers',
      );
    },
  );
});
