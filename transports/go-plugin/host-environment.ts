import type { OpenSetup } from '../../src/core/transport.ts';
import { environment } from '../subprocess/options.ts';
import type { ResolvedSubprocess } from '../subprocess/options.ts';
import { env as names } from '../wire/messages.ts';
import type { OwnCertificate } from './certificate.ts';
import type { ResolvedGoPlugin } from './host-options.ts';
import type { SocketFolder } from './socket-folder.ts';

/**
 * The environment of a plugin. What go-plugin has no word of for this start is empty: a host that is a plugin itself
 * must not hand on what its own host told it.
 */
export function pluginEnvironment(
  program: ResolvedSubprocess,
  { handshake, protocolVersions, minPort, maxPort }: ResolvedGoPlugin,
  { path }: SocketFolder,
  own: OwnCertificate | undefined,
  { plugin }: OpenSetup,
): Record<string, string> {
  return environment(program.env, program.inheritEnv, {
    PLUGIN_PROTOCOL_VERSIONS: protocolVersions.join(','),
    PLUGIN_MIN_PORT: String(minPort),
    PLUGIN_MAX_PORT: String(maxPort),
    PLUGIN_CLIENT_CERT: own?.certificatePem ?? '',
    PLUGIN_UNIX_SOCKET_DIR: path ?? '',
    PLUGIN_UNIX_SOCKET_GROUP: '',
    PLUGIN_MULTIPLEX_GRPC: '',
    [names.pluginName]: plugin,
    [handshake.magicCookieKey]: handshake.magicCookieValue,
  });
}
