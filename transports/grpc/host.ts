import type { Undeclared } from '../../src/core/contract.ts';
import { PluginError } from '../../src/core/errors.ts';
import type { Channel, OpenSetup, PluginSource } from '../../src/core/transport.ts';
import { openAt } from './open-at.ts';
import { ChannelPool, type PoolParts } from './pool.ts';
import { resolveGrpc, type GrpcOptions, type ResolvedGrpc } from './options.ts';

/**
 * A plugin behind a gRPC server that somebody else runs: `grpc('localhost:9090')`. An endpoint is `host:port`,
 * `unix:/path` or `dns:///name:port`; of several the first that answers is used, and another when it is lost.
 * It needs the package `@grpc/grpc-js`.
 * @throws {PluginError} `PLUGIN_1003` to `PLUGIN_1005` for an endpoint, `AUTH_1101` to `AUTH_1105` for `auth`,
 *   `CONFIG_1703` for an option that makes no sense.
 */
export function grpc<H = Undeclared>(
  endpoint: string | readonly string[],
  options: GrpcOptions<NoInfer<H>> = {},
): PluginSource<H> {
  const what = resolveGrpc(endpoint, options);
  const target = what.endpoints.join(',');
  const certificateSha256 = what.tls?.certificateSha256;
  let next = 0;
  return {
    kind: 'grpc',
    target,
    launch: { kind: 'endpoint', endpoint: target, certificateSha256 },
    open: (setup) => openFirst(what, setup, next++),
  };
}

/** Tries each endpoint once, another one first each time; says of all why not. */
async function openFirst(what: ResolvedGrpc, setup: OpenSetup, first: number): Promise<Channel> {
  const { endpoints } = what;
  const errors: PluginError[] = [];
  for (let at = 0; at < endpoints.length; at++) {
    const endpoint = endpoints[(first + at) % endpoints.length] ?? '';
    try {
      return pooled(await openAt(endpoint, what, setup), endpoint, what, setup);
    } catch (error) {
      const failure = PluginError.from(error, 'PLUGIN_1205', { plugin: setup.plugin });
      if (failure.code !== 'PLUGIN_1205' || setup.signal.aborted) throw failure;
      errors.push(failure);
    }
  }
  const [only] = errors;
  if (errors.length === 1 && only !== undefined) throw only;
  const message = `none of its ${errors.length} servers can be reached: ${errors.map((error) => error.rawMessage).join(' ')}`;
  throw new PluginError('PLUGIN_1205', { plugin: setup.plugin, message });
}

/** A connection that others may join. */
function pooled(first: Channel, endpoint: string, what: ResolvedGrpc, setup: OpenSetup): Channel {
  if (what.maxConnections === 1) return first;
  const { config, clock, logger } = setup;
  const open: PoolParts['open'] = (current, signal) =>
    openAt(endpoint, what, { ...setup, config: current, signal });
  return new ChannelPool(first, { limits: what, open, config, clock, logger });
}
