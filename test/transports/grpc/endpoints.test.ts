import { createServer } from 'node:http';
import { createServer as createNetServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { serveGrpc } from 'plugboard/grpc';
import { grpc } from 'plugboard/transports';
import { describe, expect, it } from 'vitest';
import { startError } from '../../support/start-error.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { echo, host } from './servers.ts';

describe('an endpoint', () => {
  it.each([
    'localhost:9090',
    '127.0.0.1:1',
    '[::1]:65535',
    'dns:///auth.internal:443',
    'dns:auth:1',
    'ipv4:10.0.0.1:80',
    'unix:/run/auth.sock',
    'unix:///run/auth.sock',
    'unix:run/auth.sock',
  ])('may be %s', (endpoint) => {
    expect(grpc(endpoint)).toMatchObject({ kind: 'grpc', target: endpoint, launch: { endpoint } });
  });

  it.each([
    ['', 'PLUGIN_1003'],
    ['http://localhost:9090', 'PLUGIN_1004'],
    ['HTTPS://localhost', 'PLUGIN_1004'],
    ['localhost', 'PLUGIN_1005'],
    ['localhost:0', 'PLUGIN_1005'],
    ['localhost:99999', 'PLUGIN_1005'],
    ['local host:80', 'PLUGIN_1005'],
    ['a:1,b:2', 'PLUGIN_1005'],
    ['unix:', 'PLUGIN_1005'],
    ['::1:80', 'PLUGIN_1005'],
  ])('must not be %j: %s', (endpoint, code) => {
    expect(() => grpc(endpoint)).toThrow(expect.objectContaining({ code }));
    expect(() => grpc(['localhost:1', endpoint])).toThrow(expect.objectContaining({ code }));
  });

  it('is needed: an empty list is PLUGIN_1003', () => {
    expect(() => grpc([])).toThrow(expect.objectContaining({ code: 'PLUGIN_1003' }));
  });

  it('is reached over a port, a name and a socket of a path', async () => {
    await using folder = await tempFolder();
    await using onPort = await serveGrpc(echo);
    await using onPath = await serveGrpc(echo, { path: join(folder.path, 'echo.sock') });
    const endpoints = [onPort.endpoint, `dns:///localhost:${onPort.port}`, onPath.endpoint];
    for (const endpoint of endpoints) {
      await using own = await host(grpc(endpoint));
      expect(await own.manager.execute('subject', 'it')).toBe('subject heard it (1)');
    }
    expect(onPath.port).toBe(0);
  });

  it('that nobody serves is PLUGIN_1205, with the reason', async () => {
    const port = await closedPort();
    expect(await startError(grpc(`127.0.0.1:${port}`))).toMatchObject({
      code: 'PLUGIN_1205',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('of a server that is no plugin is TRANSPORT_1302', async () => {
    const server = new Server();
    const port = await new Promise<number>((resolve) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, given) => resolve(given));
    });
    expect(await startError(grpc(`127.0.0.1:${port}`))).toMatchObject({
      code: 'TRANSPORT_1302',
      retryable: false,
      message: expect.stringContaining('plugboard.v1.Plugin') as string,
    });
    server.forceShutdown();
  });

  it('of a web server is PLUGIN_1205', async () => {
    const server = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await startError(grpc(`127.0.0.1:${port}`))).toMatchObject({ code: 'PLUGIN_1205' });
    server.close();
  });

  it('of which one accepts and says nothing is PLUGIN_1205 after connectTimeoutMs', async () => {
    const server = createNetServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await startError(grpc(`127.0.0.1:${port}`, { connectTimeoutMs: 100 }))).toMatchObject({
      code: 'PLUGIN_1205',
      message: expect.stringContaining('100 ms') as string,
    });
    server.close();
  });
});

describe('several endpoints', () => {
  it('are one plugin as long as one of them answers', async () => {
    await using server = await serveGrpc(echo);
    const source = grpc([`127.0.0.1:${await closedPort()}`, server.endpoint, 'unix:/nowhere/at/all']);
    await using own = await host(source);
    expect(await own.manager.execute('subject', 'it')).toBe('subject heard it (1)');
  });

  it('are left for another when theirs is lost', async () => {
    const first = await serveGrpc(echo);
    await using second = await serveGrpc(echo);
    await using own = await host(grpc([first.endpoint, second.endpoint]), {
      restart: { initialDelayMs: 1 },
    });
    const again = own.next('subject', 'ready');
    await first.close(0);
    await again;
    expect(await own.manager.execute('subject', 'it')).toBe('subject heard it (1)');
  });

  it('none of which answers are PLUGIN_1205, with the reason of each', async () => {
    const ports = [await closedPort(), await closedPort()];
    const error = await startError(grpc(ports.map((port) => `127.0.0.1:${port}`)));
    expect(error.code).toBe('PLUGIN_1205');
    for (const port of ports) expect(error.message).toContain(`127.0.0.1:${port}`);
  });
});

/** A port of this computer that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createNetServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
