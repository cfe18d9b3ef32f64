import { afterEach, describe, expect, it, vi } from 'vitest';
import { serveGrpc, type GrpcServer } from 'plugboard/grpc';
import { grpc } from 'plugboard/transports';
import { dnsServer } from '../../support/dns-server.ts';
import { host } from './servers.ts';

// The library then asks the DNS server of the endpoint, not the resolver of this computer. It looks when it is loaded.
vi.hoisted(() => (process.env['GRPC_NODE_USE_ALTERNATIVE_RESOLVER'] = 'true'));

const servers: GrpcServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

/** Servers at some addresses of this computer, all at one port; each says where it is. */
async function serveAt(addresses: readonly string[], port = 0): Promise<number> {
  const [first = '', ...others] = addresses;
  const spec = { name: 'where', version: '1.0.0', execute: () => first };
  const server = await serveGrpc<string, string>(spec, { host: first, port });
  servers.push(server);
  if (others.length > 0) await serveAt(others, server.port);
  return server.port;
}

describe.runIf(process.platform === 'linux')('a name of several addresses', () => {
  it('shares calls by themselves among them in turn', async () => {
    const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
    const port = await serveAt(addresses);
    await using dns = await dnsServer(addresses);
    const source = grpc(`dns://127.0.0.1:${dns.port}/where.test:${port}`, { session: false });
    await using plugin = await host(source);
    const said = new Map<string, number>();
    // Connections come up one after the other; from then on every server has its turn.
    while (said.size < addresses.length) said.set(await plugin.manager.execute('subject', ''), 0);
    for (let call = 0; call < 30; call++) {
      const where = await plugin.manager.execute('subject', '');
      said.set(where, (said.get(where) ?? 0) + 1);
    }
    expect([...said.values()]).toEqual([10, 10, 10]);
  });

  it('is looked up anew when its server is lost', async () => {
    const port = await serveAt(['127.0.0.1', '127.0.0.2']);
    await using dns = await dnsServer(['127.0.0.1']);
    const source = grpc(`dns://127.0.0.1:${dns.port}/where.test:${port}`);
    await using plugin = await host(source, { restart: { initialDelayMs: 10 } });
    expect(await plugin.manager.execute('subject', '')).toBe('127.0.0.1');
    dns.addresses = ['127.0.0.2'];
    const ready = plugin.next('subject', 'ready');
    await servers.shift()?.close(0);
    await ready;
    expect(await plugin.manager.execute('subject', '')).toBe('127.0.0.2');
  });
});
