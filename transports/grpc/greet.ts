import { isPluginError, PluginError } from '../../src/core/errors.ts';
import type { OpenSetup } from '../../src/core/transport.ts';
import type { Welcome } from '../wire/handshake.ts';
import { HostSession } from '../wire/host-session.ts';
import { PluginLog } from '../wire/plugin-log.ts';
import { withResolvers } from '../wire/with-resolvers.ts';
import type { Connection } from './connect.ts';
import { openSession, openUnary, type Link } from './link.ts';
import type { ResolvedGrpc } from './options.ts';
import { codes, transportError, type Status } from './status.ts';

/** A link whose two ends know each other. */
export interface Live {
  readonly link: Link;
  readonly session: HostSession;
  readonly welcome: Welcome;
  /** Resolves with why it is over, also when it ended as it should. */
  readonly over: Promise<PluginError>;
}

/** How a handshake is made. `signal` ends it. */
export interface Greeting {
  readonly connection: Connection;
  readonly what: Pick<ResolvedGrpc, 'session' | 'maxFrameBytes'>;
  readonly setup: OpenSetup;
  readonly signal: AbortSignal;
}

/**
 * Shakes hands over a session, or where the server has none over calls by themselves.
 * @throws {PluginError} `RPC_2002`, `PLUGIN_1205`, `TRANSPORT_1302`, `SECURITY_1803` where there will be no connection.
 */
export async function shakeHands(greeting: Greeting): Promise<Live> {
  const { connection, what, setup } = greeting;
  if (what.session) {
    const live = await greet(await openSession(connection, what, setup), greeting);
    if (live !== undefined) return live;
  }
  const live = await greet(openUnary(connection, what, setup), greeting);
  if (live !== undefined) return live;
  const message = `the server at ${connection.endpoint} has no service plugboard.v1.Plugin. Is it a plugin, and this its port?`;
  throw new PluginError('TRANSPORT_1302', { plugin: setup.plugin, message, retryable: false });
}

/** Undefined if the server does not have what this link needs. */
async function greet(link: Link, greeting: Greeting): Promise<Live | undefined> {
  const { connection, what, setup, signal } = greeting;
  const log = new PluginLog(setup.logger, setup.clock);
  const { promise: over, resolve: end } = withResolvers<PluginError>();
  const session = new HostSession(link.wire, setup, {
    ended: (error) => error && end(error),
    log: (level, message, fields) => log.write(level, message, fields),
  });
  const abandon = (): void => link.wire.destroy();
  signal.addEventListener('abort', abandon, { once: true });
  if (signal.aborted) abandon();
  let isOffered = true;
  void link.over.then((status) => {
    isOffered = status.code !== codes.unimplemented;
    end(endError(status, connection, setup));
  });
  void over.then((error) => {
    log.sayDropped();
    session.fail(error);
  });
  try {
    const welcome = await session.initialize(what.maxFrameBytes);
    return { link, session, welcome, over };
  } catch (error) {
    link.wire.destroy();
    if (!isOffered || (isPluginError(error) && error.code === 'PLUGIN_1211')) return undefined;
    throw error;
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}

/** Why a link is over. A server that says goodbye in order is gone all the same. */
function endError(status: Status, { endpoint, security }: Connection, { plugin }: OpenSetup): PluginError {
  const refused = security.refused();
  if (refused !== undefined) return PluginError.from(refused, 'SECURITY_1803', { plugin });
  const error = transportError(status, { plugin, endpoint });
  const isFinal = [codes.unauthenticated, codes.permissionDenied].some((code) => code === status.code);
  if (isFinal || error.code === 'PLUGIN_1205') return error;
  const said = status.code === codes.ok ? 'its server ended the session.' : error.rawMessage;
  const message = `the connection to ${endpoint} is over: ${said} It is made again; repeat the call.`;
  return new PluginError('PLUGIN_1205', { plugin, message, context: error.context });
}
