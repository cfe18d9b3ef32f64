import type { Plugin } from '../../src/core/plugin.ts';
import { serveGrpc } from './plugin.ts';
import type { ServeGrpcOptions } from './server-options.ts';

/**
 * Serves a plugin over gRPC because whoever started it by hand says so in its environment, until SIGTERM or SIGINT:
 * `PLUGBOARD_ADDRESS` is `host:port` or `unix:/path`, and any port of this computer without it.
 */
export async function serveByHand(plugin: Plugin, address: string | undefined): Promise<void> {
  const server = await serveGrpc(plugin, placeOf(address ?? '127.0.0.1:0'));
  process.stdout.write(`${plugin.info.name} ${plugin.info.version} listens on ${server.endpoint}\n`);
  await new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, resolve);
  });
  await server.close();
}

function placeOf(address: string): ServeGrpcOptions {
  if (address.startsWith('unix:')) return { path: address.slice('unix:'.length) };
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}
