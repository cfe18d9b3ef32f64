import { Metadata } from '@grpc/grpc-js';
import { definePlugin, Simple } from 'plugboard';
import { serveGrpc } from 'plugboard/grpc';
import { grpc } from 'plugboard/transports';
import { describe, expect, it } from 'vitest';
import { managed } from '../../support/managed.ts';
import { startError } from '../../support/start-error.ts';
import { foreignClient, foreignServer, info, type Message } from './foreign.ts';
import { echo } from './servers.ts';

const json = (value: unknown): Message => ({ response: { json: Buffer.from(JSON.stringify(value)) } });
const jsonIn = (payload: unknown): unknown => JSON.parse(String((payload as { json: Buffer }).json));

describe('a server that knows only the .proto', () => {
  it('says who it is, gets its config, and answers', async () => {
    await using server = await foreignServer({
      Info: () => info,
      Configure: () => ({}),
      Execute: ({ request }) => json({ heard: jsonIn(request) }),
    });
    const settings = { config: { words: ['a'] } };
    await using host = await managed(
      Simple<unknown, unknown>().withPlugin('auth', grpc(server.endpoint), settings).build(),
    );
    const { manager } = host;
    expect(await manager.execute('auth', { user: 'ada' })).toEqual({ heard: { user: 'ada' } });
    expect(manager.listPlugins()[0]?.info).toMatchObject({
      name: 'foreign',
      version: '2.0.0',
      description: 'knows no plugboard',
      capabilities: ['a', 'b'],
      metadata: { region: 'eu' },
    });
    expect(await manager.health()).toMatchObject({ plugins: { auth: { status: 'healthy' } } });
    expect(server.seen[1]?.request).toMatchObject({
      start: true,
      config_json: Buffer.from('{"words":["a"]}'),
    });
  });

  it('sees the context of a call as metadata, and its deadline', async () => {
    let deadline = 0;
    await using server = await foreignServer({
      Info: () => info,
      Execute: (_request, call) => {
        deadline = Number(call.getDeadline());
        return json('done');
      },
    });
    await using host = await managed(
      Simple<string, string>().withPlugin('auth', grpc(server.endpoint)).build(),
    );
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const options = { requestId: 'request-7', traceparent, headers: { tenant: 'acme' }, timeoutMs: 60_000 };
    const before = Date.now();
    await host.manager.execute('auth', 'x', options);
    const { metadata } = server.seen.at(-1) ?? { metadata: new Metadata() };
    expect(metadata.getMap()).toMatchObject({
      'x-request-id': 'request-7',
      'plugboard-attempt': '1',
      'plugboard-plugin': 'auth',
      traceparent,
      'plugboard-context-bin': Buffer.from('{"requestId":"request-7","headers":{"tenant":"acme"}}'),
    });
    expect(deadline - before).toBeGreaterThan(50_000);
    expect(deadline - before).toBeLessThan(70_000);
  });

  it('may take and give bytes, inside JSON or alone', async () => {
    await using server = await foreignServer({
      Info: () => info,
      Execute: ({ request }) => {
        const {
          raw,
          json: text,
          attachments,
        } = request as { raw?: Buffer; json: Buffer; attachments: Buffer[] };
        if (raw !== undefined) return { response: { raw: Buffer.concat([raw, raw]) } };
        return { response: { json: text, attachments: attachments.toReversed() } };
      },
    });
    await using host = await managed(
      Simple<unknown, unknown>().withPlugin('auth', grpc(server.endpoint)).build(),
    );
    const { manager } = host;
    expect(await manager.execute('auth', new Uint8Array([1, 2]))).toEqual(new Uint8Array([1, 2, 1, 2]));
    const [a, b] = [new Uint8Array([1]), new Uint8Array([2, 3])];
    expect(await manager.execute('auth', { a, b, $bytes: 1 })).toEqual({ a: b, b: a, $bytes: 1 });
  });

  it.each<readonly [number, string, boolean]>([
    [1, 'PLUGIN_1205', true],
    [2, 'PLUGIN_1203', false],
    [3, 'PLUGIN_1203', false],
    [4, 'PLUGIN_1204', false],
    [5, 'PLUGIN_1203', false],
    [7, 'TRANSPORT_1302', false],
    [8, 'PLUGIN_1212', true],
    [9, 'PLUGIN_1203', false],
    [10, 'PLUGIN_1203', true],
    [12, 'PLUGIN_1211', false],
    [13, 'TRANSPORT_1302', true],
    [14, 'PLUGIN_1205', true],
    [15, 'TRANSPORT_1302', true],
    [16, 'TRANSPORT_1302', false],
  ])('fails a call with status %i: %s, retryable %j', async (code, expected, retryable) => {
    await using server = await foreignServer({
      Info: () => info,
      Execute: () => ({ code, details: 'as told' }),
    });
    await using host = await managed(
      Simple<string, string>().withPlugin('auth', grpc(server.endpoint)).build(),
    );
    await expect(host.manager.execute('auth', 'x')).rejects.toMatchObject({
      code: expected,
      retryable,
      plugin: 'auth',
    });
    expect(host.manager.listPlugins()[0]?.state.status).toBe('ready');
  });

  it('says its own codes in trailers', async () => {
    const metadata = new Metadata();
    metadata.set('plugboard-code', 'USER_LOCKED');
    metadata.set('plugboard-retryable', 'true');
    metadata.set('plugboard-retry-after-ms', '1500');
    await using server = await foreignServer({
      Info: () => info,
      Execute: () => ({ code: 9, details: 'ada is locked', metadata }),
    });
    await using host = await managed(
      Simple<string, string>().withPlugin('auth', grpc(server.endpoint)).build(),
    );
    await expect(host.manager.execute('auth', 'x')).rejects.toMatchObject({
      code: 'USER_LOCKED',
      rawMessage: 'ada is locked',
      retryable: true,
      retryAfterMs: 1500,
    });
  });

  it('has a limit of its own, which the error names', async () => {
    await using server = await foreignServer({ Info: () => info, Execute: () => json('done') });
    await using host = await managed(
      Simple<string, string>().withPlugin('auth', grpc(server.endpoint)).build(),
    );
    await expect(host.manager.execute('auth', 'x'.repeat(5 * 1024 * 1024))).rejects.toMatchObject({
      code: 'RPC_2006',
      message: expect.stringContaining('4194304') as string,
    });
    expect(await host.manager.execute('auth', 'x')).toBe('done');
  });

  it.each<readonly [string, object, string]>([
    ['a version that is none', { ...info, version: 'newest' }, 'RPC_2002'],
    ['another protocol', { ...info, protocol_version: 7 }, 'RPC_2002'],
    ['no hook of the contract', { ...info, hooks: ['mail.from'] }, 'RPC_2002'],
    ['metadata that is no JSON', { ...info, metadata_json: Buffer.from('{') }, 'TRANSPORT_1302'],
    ['nothing', {}, 'RPC_2002'],
  ])('is refused with %s', async (_what, said, code) => {
    await using server = await foreignServer({ Info: () => said as Message });
    expect(await startError(grpc(server.endpoint))).toMatchObject({ code });
  });

  it.each<readonly [string, object]>([
    ['no JSON', { json: Buffer.from('{') }],
    ['two values', { json: Buffer.from('1}{') }],
    ['no UTF-8', { json: Buffer.from([0x22, 0xff, 0x22]) }],
    ['a mark for bytes that are not there', { json: Buffer.from('{"$bytes":3}') }],
    ['far too deep', { json: Buffer.from('['.repeat(600) + ']'.repeat(600)) }],
  ])('answers with what is %s: RPC_2004, and goes on', async (_what, payload) => {
    let response: Message = { response: payload };
    await using server = await foreignServer({ Info: () => info, Execute: () => response });
    await using host = await managed(
      Simple<string, unknown>().withPlugin('auth', grpc(server.endpoint)).build(),
    );
    await expect(host.manager.execute('auth', 'x')).rejects.toMatchObject({
      code: 'RPC_2004',
      plugin: 'auth',
    });
    response = json({ __proto__: null, fine: true });
    expect(await host.manager.execute('auth', 'x')).toEqual({ fine: true });
  });
});

describe('a host that knows only the .proto', () => {
  it('asks a served plugin who it is, and calls it', async () => {
    await using server = await serveGrpc(echo);
    const client = foreignClient(server.endpoint);
    expect(await client.ask('Info', {})).toMatchObject({
      name: 'echo',
      version: '1.0.0',
      hooks: ['execute'],
    });
    const request = { json: Buffer.from('"hello"') };
    const answer = await client.ask('Execute', { hook: 'execute', request });
    expect(jsonIn(answer['response'])).toBe('echo heard hello (1)');
    client.close();
  });

  it('gets the errors of a plugin as a status with trailers', async () => {
    const plugin = definePlugin({
      name: 'fails',
      version: '1.0.0',
      execute(how: string): string {
        throw Object.assign(new Error(how), { code: 'USER_LOCKED', retryable: true });
      },
    });
    await using server = await serveGrpc(plugin);
    const client = foreignClient(server.endpoint);
    const request = { json: Buffer.from('"so \\ud800 ü"') };
    const error: unknown = await client
      .ask('Execute', { hook: 'execute', request })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 2, details: 'so \ufffd ü' });
    expect((error as { metadata: Metadata }).metadata.getMap()).toMatchObject({
      'plugboard-code': 'USER_LOCKED',
      'plugboard-retryable': 'true',
    });
    await expect(client.ask('Execute', { hook: 'nothing', request })).rejects.toMatchObject({ code: 12 });
    await expect(
      client.ask('Execute', { hook: 'execute', request: { json: Buffer.from('{') } }),
    ).rejects.toMatchObject({ code: 2, details: expect.stringContaining('no JSON') as string });
    client.close();
  });
});
