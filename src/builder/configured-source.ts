import { grpc } from '../../transports/grpc/host.ts';
import type { GrpcOptions } from '../../transports/grpc/options.ts';
import { subprocess } from '../../transports/subprocess/host.ts';
import type { SubprocessOptions } from '../../transports/subprocess/options.ts';
import { worker } from '../../transports/worker/host.ts';
import type { PluginConfig } from '../config/host-config.ts';
import type { GrpcConfig, ProgramConfig, SourceConfig } from '../config/source.ts';
import { PluginError } from '../core/errors.ts';
import type { PluginSource } from '../core/transport.ts';

/**
 * The source that a configuration describes.
 * @throws {PluginError} `PLUGIN_1008` for a transport that this host does not have; what its transport throws.
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
      throw unsupported(plugin.name, source.kind);
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

/** Calls have their deadline of `timeout`, and share one connection: of `connection` the rest has no meaning here. */
function grpcOptionsOf({ auth, connection }: PluginConfig, { tls, maxFrameBytes }: GrpcConfig): GrpcOptions {
  return {
    auth,
    tls: tls && { caFile: auth.caFile },
    maxFrameBytes,
    connectTimeoutMs: connection.connectionTimeoutMs || undefined,
    keepAliveMs: connection.keepAlive ? undefined : 0,
  };
}

function unsupported(plugin: string, kind: string): PluginError {
  const message = `this host has no transport '${kind}'. Use subprocess, worker or grpc, or register the plugin in code.`;
  return new PluginError('PLUGIN_1008', { plugin, message });
}
