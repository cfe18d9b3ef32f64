import { plugboardHandshake } from '../../transports/go-plugin/cookie.ts';
import { goPlugin } from '../../transports/go-plugin/host.ts';
import type { GoPluginOptions } from '../../transports/go-plugin/host-options.ts';
import { grpc } from '../../transports/grpc/host.ts';
import type { GrpcOptions } from '../../transports/grpc/options.ts';
import { subprocess } from '../../transports/subprocess/host.ts';
import type { SubprocessOptions } from '../../transports/subprocess/options.ts';
import { worker } from '../../transports/worker/host.ts';
import type { PluginConfig } from '../config/host-config.ts';
import type { GoPluginConfig, GrpcConfig, ProgramConfig, SourceConfig } from '../config/source.ts';
import type { PluginSource } from '../core/transport.ts';

/**
 * The source that a configuration describes.
 * @throws {PluginError} what its transport throws.
 */
export function configuredSource(plugin: PluginConfig, source: SourceConfig): PluginSource {
  switch (source.kind) {
    case 'subprocess':
      return subprocess(source.command, optionsOf(source));
    case 'worker':
      return worker(source.file, { args: source.args, env: source.env });
    case 'grpc':
      return grpc(source.endpoint.split(','), grpcOptionsOf(plugin, source));
    default:
      return goPlugin(source.command, goPluginOptionsOf(source));
  }
}

/** Undefined stands for the transport's own default. */
function optionsOf(source: ProgramConfig): SubprocessOptions {
  const { args, env, inheritEnv, cwd, protocol, channel, maxFrameBytes, killTimeoutMs } = source;
  return {
    args,
    env,
    inheritEnv,
    protocol,
    channel,
    ...(cwd !== undefined && { cwd }),
    ...(maxFrameBytes !== undefined && { maxFrameBytes }),
    ...(killTimeoutMs !== undefined && { killTimeoutMs }),
  };
}

function grpcOptionsOf({ auth, connection }: PluginConfig, { tls, maxFrameBytes }: GrpcConfig): GrpcOptions {
  return {
    auth,
    tls: tls && { caFile: auth.caFile },
    maxFrameBytes,
    connectTimeoutMs: connection.connectionTimeoutMs || undefined,
    keepAliveMs: connection.keepAlive ? undefined : 0,
    requestTimeoutMs: connection.requestTimeoutMs || undefined,
    maxConnections: connection.maxConnections || undefined,
    maxIdleConnections: connection.maxIdleConnections,
    idleTimeoutMs: connection.idleTimeoutMs,
    compression: !connection.disableCompression,
  };
}

/** What it answers, it says itself: a configuration has no methods of a `.proto`. */
function goPluginOptionsOf({ args, env, cwd }: GoPluginConfig): GoPluginOptions {
  return { handshake: plugboardHandshake, args, env, ...(cwd !== undefined && { cwd }) };
}
