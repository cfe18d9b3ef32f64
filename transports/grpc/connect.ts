import type { ChannelOptions, Client, Metadata } from '@grpc/grpc-js';

import type { OpenSetup } from '../../src/core/transport.ts';
import type { Headers } from './auth.ts';
import { callHeaders } from './call-metadata.ts';
import { isBalanced, isLocal } from './endpoint.ts';
import type { GrpcLibrary } from './load.ts';
import type { ResolvedGrpc } from './options.ts';
import { insecure, secure, type Security } from './tls.ts';

/** A client of one endpoint; it connects with its first call. */
export interface Connection {
  readonly library: GrpcLibrary;
  readonly endpoint: string;
  readonly client: Client;
  readonly security: Security;
  /** What every call begins with: who the host is, and its name for the plugin. */
  metadata(): Metadata | Promise<Metadata>;
}

/** @throws {PluginError} `AUTH_1104`, `SECURITY_1801` where the two ends could not prove who they are. */
export async function connect(
  library: GrpcLibrary,
  endpoint: string,
  what: ResolvedGrpc,
  setup: OpenSetup,
): Promise<Connection> {
  const pins = pinsOf(what, setup);
  const security = what.tls === undefined ? insecure(library, pins) : await secure(library, what.tls, pins);
  if (what.hasSecrets && what.tls === undefined && !isLocal(endpoint)) {
    setup.logger.warn('credentials of gRPC leave this computer in the clear. Turn on tls.', { endpoint });
  }
  const client = new library.Client(endpoint, security.credentials, channelOptions(endpoint, what));
  const written = (headers: Headers): Metadata => {
    const metadata = new library.Metadata();
    for (const name in headers) metadata.set(name, headers[name] ?? '');
    metadata.set(callHeaders.plugin, setup.plugin);
    return metadata;
  };
  const metadata: Connection['metadata'] = () => {
    const headers = what.headers();
    return headers instanceof Promise ? headers.then(written) : written(headers);
  };
  return { library, endpoint, client, security, metadata };
}

/** What the gate admitted wins: it has looked at the source's own. */
function pinsOf({ tls }: ResolvedGrpc, { launch }: OpenSetup): readonly string[] | undefined {
  return launch?.kind === 'endpoint' ? launch.certificateSha256 : tls?.certificateSha256;
}

function channelOptions(endpoint: string, what: ResolvedGrpc): ChannelOptions {
  const { keepAliveMs, tls, compression } = what;
  return {
    ...ownOptions(what),
    ...(compression && { 'grpc.default_compression_algorithm': gzip }),
    ...(isLocal(endpoint) && { 'grpc.enable_http_proxy': 0 }),
    ...(keepAliveMs > 0 && {
      'grpc.keepalive_time_ms': keepAliveMs,
      'grpc.keepalive_timeout_ms': Math.min(keepAliveMs, 20_000),
    }),
    ...(tls?.serverName !== undefined && { 'grpc.ssl_target_name_override': tls.serverName }),
    ...(isBalanced(endpoint) && { 'grpc.service_config': roundRobin }),
  };
}

/** What every connection of a plugin has. */
export function ownOptions({ maxFrameBytes }: Pick<ResolvedGrpc, 'maxFrameBytes'>): ChannelOptions {
  return {
    'grpc.max_receive_message_length': maxFrameBytes + messageRoomBytes,
    'grpc.max_send_message_length': -1, // it is looked at before
    'grpc.client_idle_timeout_ms': 2 ** 31 - 1, // never: a plugin is kept, and its loss is to be noticed
    'grpc.enable_retries': 0, // the manager's policies repeat calls, and count them
    'grpc.use_local_subchannel_pool': 1, // a new connection must not wait for the back-off of one before it
    'grpc.service_config_disable_resolution': 1, // policies are the manager's, not those of a record of DNS
  };
}

/** The library's number for it. */
const gzip = 2;

/** What a message has around its payload. */
const messageRoomBytes = 64;

const roundRobin = JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] });
