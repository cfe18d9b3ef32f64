import { execFile } from 'node:child_process';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { definePlugin } from 'plugboard';
import { serveGrpc, type GrpcServer } from 'plugboard/grpc';
import { grpc } from 'plugboard/transports';
import { describe, expect, it } from 'vitest';
import { echo, host } from './servers.ts';

/** A plugin whose calls stay until they are let go. */
function slow(): { plugin: typeof echo; started: Promise<void>; release: () => void; closed: () => number } {
  let start: () => void = () => {};
  let release: (text: string) => void = () => {};
  const started = new Promise<void>((resolve) => (start = resolve));
  const held = new Promise<string>((resolve) => (release = resolve));
  let closed = 0;
  const plugin = definePlugin({
    name: 'slow',
    version: '1.0.0',
    execute: (text: string) => {
      start();
      return text === 'hold' ? held : text;
    },
    close: () => void closed++,
  });
  return { plugin, started, release: () => release('held'), closed: () => closed };
}

const restart = { restart: { initialDelayMs: 1 } };

describe.each([true, false])('a connection (session: %s)', (session) => {
  it('that breaks in a call is PLUGIN_1205, and is made again', async () => {
    const { plugin, started } = slow();
    const first = await serveGrpc(plugin, { session });
    await using own = await host(grpc(first.endpoint), restart);
    const call = own.manager.execute('subject', 'hold');
    await started;
    const lost = own.next('subject', 'restarting');
    const closing = first.close(0);
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1205', retryable: true, plugin: 'subject' });
    await closing;
    await lost;
    const again = own.next('subject', 'ready');
    await using second = await serveGrpc(echo, { session, port: first.port });
    await again;
    expect(second.port).toBe(first.port);
    expect(await own.manager.execute('subject', 'it')).toBe('subject heard it (1)');
  });

  it('whose server closes lets the running calls end', async () => {
    const { plugin, started, release, closed } = slow();
    const server = await serveGrpc(plugin, { session });
    await using own = await host(grpc(server.endpoint), restart);
    const call = own.manager.execute('subject', 'hold');
    await started;
    const closing = server.close(60_000);
    release();
    expect(await call).toBe('held');
    await closing;
    expect(closed()).toBe(1);
  });

  it('that ends leaves its server to the other hosts', async () => {
    const { plugin, closed } = slow();
    await using server = await serveGrpc(plugin, { session });
    await using other = await host(grpc(server.endpoint));
    {
      await using own = await host(grpc(server.endpoint));
      expect(await own.manager.execute('subject', 'one')).toBe('one');
    }
    expect(await other.manager.execute('subject', 'two')).toBe('two');
    expect(closed()).toBe(0);
  });

  it('whose server says GOAWAY ends its running calls in peace, and takes new ones', async () => {
    const { plugin, started, release } = slow();
    await using server = await serveGrpc(plugin, { session });
    await using proxy = await proxyTo(server);
    await using own = await host(grpc(proxy.endpoint, { session }), restart);
    const call = own.manager.execute('subject', 'hold');
    await started;
    proxy.tell(goaway);
    expect(await own.manager.execute('subject', 'another')).toBe('another');
    release();
    expect(await call).toBe('held');
  });

  it('of a host that is gone without a word does not keep the server', async () => {
    const { plugin, started } = slow();
    const server = await serveGrpc(plugin, { session });
    await using proxy = await proxyTo(server);
    await using own = await host(grpc(proxy.endpoint), { restart: { maxRestarts: 0 } });
    const call = own.manager.execute('subject', 'hold');
    await started;
    proxy.cut();
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1205' });
    await server.close(60_000);
  });
});

it('a connection that is half open is noticed by keepAliveMs', async () => {
  const { plugin, started } = slow();
  await using server = await serveGrpc(plugin);
  await using proxy = await proxyTo(server);
  await using own = await host(grpc(proxy.endpoint, { keepAliveMs: 100 }), { restart: { maxRestarts: 0 } });
  const call = own.manager.execute('subject', 'hold');
  await started;
  proxy.stall();
  await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1205' });
});

it('a port that is taken is TRANSPORT_1302', async () => {
  await using server = await serveGrpc(echo);
  await expect(serveGrpc(echo, { port: server.port })).rejects.toMatchObject({
    code: 'TRANSPORT_1302',
    message: expect.stringContaining(String(server.port)) as string,
  });
});

it.each([{ port: -1 }, { port: 70_000 }, { hots: 'a' }, { tls: {} }, { authorize: 'all' }])(
  'options of a server that make no sense are CONFIG_1703: %j',
  async (options) => {
    await expect(serveGrpc(echo, options as object)).rejects.toMatchObject({ code: 'CONFIG_1703' });
  },
);

it.each([{ tls: 'yes' }, { keepAlive: 1 }, { maxFrameBytes: 1 }, { tls: { certificateSha256: ['ab'] } }])(
  'options of a source that make no sense are CONFIG_1703: %j',
  (options) => {
    expect(() => grpc('localhost:1', options as object)).toThrow(
      expect.objectContaining({ code: 'CONFIG_1703' }),
    );
  },
);

it('without its package both ends name the command that installs it', async () => {
  const program = fileURLToPath(new URL('programs/without-package.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const said = 'gRPC needs a package that is not installed. Run: npm install @grpc/grpc-js';
  expect(JSON.parse(stdout)).toEqual([
    ['PLUGIN_1008', said],
    ['PLUGIN_1008', said],
  ]);
});

/** RFC 9113 §6.8: type 7, NO_ERROR, and every stream so far is served. */
const goaway = Buffer.from('0000080700000000007fffffff00000000', 'hex');

interface Proxy extends AsyncDisposable {
  readonly endpoint: string;
  /** Ends both sides. */
  cut(): void;
  /** Passes nothing on any more, and tells nobody. */
  stall(): void;
  /** Says something to the host in the server's name. */
  tell(frame: Buffer): void;
}

async function proxyTo({ port }: GrpcServer): Promise<Proxy> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => {});
    sockets.push(near, far);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    tell: (frame) => void sockets[0]?.write(frame),
    stall() {
      for (const socket of sockets) socket.unpipe().resume();
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
