import { PluginError } from '../../src/core/errors.ts';
import type { OpenSetup } from '../../src/core/transport.ts';
import type { Child } from '../subprocess/child.ts';
import { startFailure } from '../subprocess/diagnose.ts';
import type { Exit } from '../subprocess/exit.ts';
import type { ResolvedSubprocess } from '../subprocess/options.ts';
import type { HandshakeLine } from './handshake-line.ts';
import type { ResolvedGoPlugin } from './host-options.ts';

/** A plugin that prints nothing, or does not answer at its address. */
export function neverShookHands({ plugin, startTimeoutMs }: OpenSetup): PluginError {
  const message = `the plugin did not print its handshake line and answer within ${startTimeoutMs} ms. Does it call plugin.Serve? Raise startTimeoutMs if it needs longer.`;
  return new PluginError('RPC_2002', { plugin, message, context: { startTimeoutMs } });
}

/** A program that cannot become a plugin any more. */
export function noLine(): PluginError {
  const message =
    'the program closed its stdout without a handshake line and went on running; it was ended. Leave stdout open: Serve prints the line there.';
  return new PluginError('REGISTRY_1908', { message });
}

/** @throws {PluginError} `RPC_2002` where plugin and host do not fit. */
export function checkLine({ appVersion, certificate }: HandshakeLine, what: ResolvedGoPlugin): void {
  const { protocolVersions, curve } = what;
  if (!protocolVersions.includes(appVersion)) {
    const message = `the plugin speaks protocol version ${appVersion}, the host [${protocolVersions.join(', ')}]. Run a plugin that was made for this host, or add the version to protocolVersions.`;
    throw new PluginError('RPC_2002', { message, context: { appVersion, protocolVersions } });
  }
  if (curve !== undefined && certificate === undefined) {
    const message =
      'the host asked for TLS, and the plugin printed no certificate. Build it with a go-plugin that knows AutoMTLS, or give autoMtls: false.';
    throw new PluginError('RPC_2002', { message });
  }
}

/** Why a program ended instead of becoming a plugin. */
export async function whyEnded(
  exit: Exit,
  child: Child,
  program: ResolvedSubprocess,
  plugin: string,
): Promise<PluginError> {
  const words = child.log.stderrTail();
  const failure = await startFailure(exit, child, program, plugin);
  if (/not meant to be executed directly/i.test(words)) {
    const message = `the plugin does not know the magic cookie of this host, and takes itself for started by hand.${words} Give handshake the key and the value that its author chose.`;
    return new PluginError('RPC_2002', { plugin, message, context: failure.context });
  }
  if (!/bind: invalid argument/.test(words)) return failure;
  const message = `${failure.rawMessage} The path of its socket may be too long, and go-plugin before 1.5 takes it from TMPDIR alone: give env: { TMPDIR: '/tmp' }.`;
  return new PluginError('REGISTRY_1908', { plugin, message, context: failure.context });
}
