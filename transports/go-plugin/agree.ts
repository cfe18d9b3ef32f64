import { isPluginError, PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import type { PluginInfo } from '../../src/core/plugin.ts';
import type { OpenSetup } from '../../src/core/transport.ts';
import type { Connection } from '../grpc/connect.ts';
import { lost } from '../grpc/link.ts';
import { isLost, isStatus } from '../grpc/services/errors.ts';
import { checkHealth } from '../grpc/services/health.ts';
import { withReflection } from '../grpc/services/reflected.ts';
import { ServiceSession } from '../grpc/services/session.ts';
import { speakPlugboard, type Spoken } from '../grpc/spoken.ts';
import { transportError } from '../grpc/status.ts';
import type { PluginLog } from '../wire/plugin-log.ts';
import { openBroker } from './broker-host.ts';
import type { OwnCertificate } from './certificate.ts';
import type { HandshakeLine } from './handshake-line.ts';
import type { AnyGoServices } from './host-method.ts';
import { logPrints } from './host-streams.ts';
import { Lender } from './lender.ts';
import { healthService } from './messages.ts';

/** A connection to a plugin, and what is known of it. */
export interface Reached {
  readonly connection: Connection;
  readonly line: Pick<HandshakeLine, 'appVersion' | 'network' | 'certificate'>;
  /** What it is called in its info, where it does not say so itself. */
  readonly name: string;
  readonly log: PluginLog;
  /** Undefined for a plugin that serves plugboard's own `.proto`. */
  readonly services: ((protocolVersion: number) => AnyGoServices) | undefined;
  readonly maxFrameBytes: number;
  /** Of the host's end: for brokered connections. */
  readonly own: OwnCertificate | undefined;
  readonly folder: string | undefined;
  readonly onSocket: (path: string) => void;
}

/**
 * Connects and agrees on what is spoken: the application's own methods, or plugboard's.
 * @throws {PluginError} `SECURITY_1803`, `PLUGIN_1205` where there is no connection, `RPC_2002` where the two do not fit.
 */
export async function agree(reached: Reached, setup: OpenSetup, signal: AbortSignal): Promise<Spoken> {
  const { connection, log } = reached;
  const close = (): void => connection.client.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    signal.throwIfAborted();
    await reach(connection);
    logPrints(connection.client, log);
    return await speak(reached, setup, signal);
  } catch (error) {
    close();
    throw error;
  } finally {
    signal.removeEventListener('abort', close);
  }
}

/** By a question that every plugin answers in some way. */
async function reach(connection: Connection): Promise<void> {
  try {
    await checkHealth(connection, healthService);
  } catch (error) {
    if (!isStatus(error) || !isLost(error)) return;
    throw connection.security.refused() ?? notReached(connection, error.details);
  }
}

function notReached({ endpoint }: Connection, details: string): PluginError {
  const message = `the plugin cannot be reached at ${printable(endpoint, 200)}, where it said that it listens: ${printable(details, 500)}. If only one of the two ends speaks TLS, or it does not accept the other's certificate, see autoMtls.`;
  return new PluginError('PLUGIN_1205', { message });
}

async function speak(reached: Reached, setup: OpenSetup, signal: AbortSignal): Promise<Spoken> {
  const { connection, line, name, services, maxFrameBytes } = reached;
  if (services === undefined)
    return speakPlugboard({ connection, what: { session: true, maxFrameBytes }, setup, signal }).catch(
      (error: unknown) => {
        throw isPluginError(error) && error.code === 'TRANSPORT_1302' ? noServices(error) : error;
      },
    );
  const { plugin, logger } = setup;
  const { own, folder, onSocket } = reached;
  const { certificate } = line;
  const place = { own, folder, onSocket, certificate, maxFrameBytes, plugin, log: logger };
  const chosen = await withReflection(connection, services(line.appVersion));
  const broker = openBroker(connection, place);
  return new ServiceSession({
    connection,
    services: chosen,
    lend: () => {
      const lender = new Lender(broker);
      return { call: lender, end: () => lender.end() };
    },
    health: () => checkHealth(connection, healthService),
    over: lost(connection).then((status) =>
      transportError(status, { plugin, endpoint: connection.endpoint }),
    ),
    onEnd: () => broker.close(),
    info: infoOf(name, line),
    maxFrameBytes,
    setup,
  });
}

/** Most plugins of go-plugin serve a `.proto` of their own. */
function noServices(cause: PluginError): PluginError {
  const message = `the plugin does not serve plugboard's own .proto, and no other is known: ${cause.rawMessage} Name its methods in services, such as { get: { method: '/proto.KV/Get' } }.`;
  return new PluginError('RPC_2002', { message, cause });
}

/** go-plugin says nothing of a plugin but its version. */
function infoOf(name: string, { appVersion, network, certificate }: Reached['line']): PluginInfo {
  return {
    name,
    version: `${appVersion}.0.0`,
    description: `a plugin of go-plugin, of protocol version ${appVersion}`,
    metadata: { protocolVersion: appVersion, network, tls: certificate !== undefined },
  };
}
