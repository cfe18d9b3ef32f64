import { basename } from 'node:path';

import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import type { PluginInfo } from '../../src/core/plugin.ts';
import type { OpenSetup } from '../../src/core/transport.ts';
import type { Connection } from '../grpc/connect.ts';
import { closedButAliveMs, within } from '../subprocess/stop.ts';
import { isLost, isStatus } from './call-errors.ts';
import type { HandshakeLine } from './handshake-line.ts';
import { checkHealth } from './host-health.ts';
import { checkServices, type ResolvedGoPlugin } from './host-options.ts';
import { speakPlugboard, type Spoken } from './host-session.ts';
import { ServiceSession } from './service-session.ts';

/**
 * Connects, by a question that every plugin answers in some way.
 * @throws {PluginError} `SECURITY_1803`, `PLUGIN_1205` where there is no connection.
 */
export async function reach(
  connection: Connection,
  child: { readonly exited: Promise<unknown> },
  { clock }: OpenSetup,
): Promise<void> {
  try {
    await checkHealth(connection);
  } catch (error) {
    if (!isStatus(error) || !isLost(error)) return;
    await within(clock, closedButAliveMs, child.exited);
    throw connection.security.refused() ?? notReached(connection, error.details);
  }
}

function notReached({ endpoint }: Connection, details: string): PluginError {
  const message = `the plugin cannot be reached at ${printable(endpoint, 200)}, where it said that it listens: ${printable(details, 500)}. If only one of the two ends speaks TLS, or it does not accept the other's certificate, see autoMtls.`;
  return new PluginError('PLUGIN_1205', { message });
}

/** Agrees on what is spoken: the application's own methods, or plugboard's. */
export async function speak(
  connection: Connection,
  line: HandshakeLine,
  { program, services }: ResolvedGoPlugin,
  setup: OpenSetup,
  signal: AbortSignal,
): Promise<Spoken> {
  const { maxFrameBytes, command } = program;
  if (services === undefined) return speakPlugboard(connection, maxFrameBytes, setup, signal);
  const chosen = checkServices(command, services(line.appVersion));
  return new ServiceSession({
    connection,
    services: chosen,
    info: infoOf(command, line),
    maxFrameBytes,
    setup,
  });
}

/** go-plugin says nothing of a plugin but its version. */
function infoOf(command: string, { appVersion, network, certificate }: HandshakeLine): PluginInfo {
  return {
    name: basename(command),
    version: `${appVersion}.0.0`,
    description: `a plugin of go-plugin, of protocol version ${appVersion}`,
    metadata: { protocolVersion: appVersion, network, tls: certificate !== undefined },
  };
}
