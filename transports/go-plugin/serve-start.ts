import type { Server } from '@grpc/grpc-js';

import type { Logger } from '../../src/core/logger.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { GrpcLibrary } from '../grpc/load.ts';
import { serving } from '../grpc/methods.ts';
import { newServer, Served } from '../grpc/served.ts';
import { within } from '../wire/within.ts';
import { formatHandshakeLine } from './handshake-line.ts';
import type { MutualTls } from './mutual-tls.ts';
import { Broker } from './serve-broker.ts';
import { addBuiltIn, builtInServices, type BuiltIn } from './serve-built-in.ts';
import type { CallSurroundings } from './serve-call.ts';
import { connect } from './serve-connection.ts';
import { chooseVersion, readEnvironment, type ServeEnvironment } from './serve-environment.ts';
import { addServices } from './serve-handlers.ts';
import { ServedLife } from './serve-life.ts';
import { listen, type Listener } from './serve-listener.ts';
import type { ResolvedServe } from './serve-options.ts';
import type { Printing } from './serve-printing.ts';
import { addReflection } from './serve-reflection.ts';
import { serveTls } from './serve-tls.ts';
import type { GoServices } from './serve-types.ts';

/** A host disconnects as soon as it has the answer to Shutdown; one that does not is not waited for. */
const disconnectMs = 500;

/** Where a plugin speaks, besides gRPC. */
export interface Outlets {
  readonly printing: Printing;
  readonly log: Logger;
}

/** Listens, and says so to the host. @throws {PluginError} that says why it cannot. */
export async function startServing(
  library: GrpcLibrary,
  what: ResolvedServe,
  { printing, log }: Outlets,
): Promise<void> {
  const environment = readEnvironment(process.env);
  for (const text of environment.notVersions)
    log.warn('the host says a protocol version that is no number', { version: text });
  const appVersion = chooseVersion(what.versions, environment.versions);
  const tls = await serveTls(library, environment.clientCertificate);
  const running = await serveAll({ library, tls, environment, what }, appVersion, { printing, log }, () =>
    life.end(),
  );
  const life = new ServedLife(log, () => running.close());
  const { network, address } = running;
  const { certificate } = tls;
  const multiplexing = environment.asksForMultiplexing ? false : undefined;
  const line = formatHandshakeLine({ appVersion, network, address, certificate, multiplexing });
  printing.sayToHost(line, (error) => {
    if (error) life.end(); // the host is gone already
  });
}

/** A plugin that is being served. */
export interface ServedPlugin {
  readonly network: 'unix' | 'tcp';
  readonly address: string;
  /** Lets running calls end for a moment, then ends. */
  close(): Promise<void>;
}

/** Serves the application and what go-plugin itself asks; `shutdown` is told that a host wants its end. */
export async function serveAll(
  place: Place,
  version: number,
  { printing, log }: Pick<Outlets, 'log'> & Pick<BuiltIn, 'printing'>,
  shutdown: () => void,
): Promise<ServedPlugin> {
  const { library, tls, what } = place;
  const server = newServer(library, what.maxFrameBytes);
  const broker: Broker = new Broker({
    serve: (services) => serveApart(place, services, () => ({ log, broker })),
    connect: (info) => connect(library, { tls, maxFrameBytes: what.maxFrameBytes, other: 'host' }, info),
  });
  const served = await addApplication(place, server, version, { log, broker });
  const listener = await listenWith(place, server);
  const health = async (): Promise<boolean> =>
    served === undefined || (await served.health()) === serving.serving;
  addBuiltIn(server, { broker, printing, health, shutdown });
  const close = async (): Promise<void> => {
    listener.close();
    await (served?.close(disconnectMs) ?? closeServer(server));
    broker.close();
    await what.close();
  };
  return { network: listener.network, address: listener.address, close };
}

/** Serves what is the application's own, and tells of it by reflection. */
async function addApplication(
  { library, what }: Place,
  server: Server,
  version: number,
  around: CallSurroundings,
): Promise<Served | undefined> {
  const services = await what.services(version);
  addServices(library, server, services, around);
  const plugin = await what.plugin(version);
  const names = [...builtInServices, ...Object.keys(services), ...(plugin ? [ownService] : [])];
  addReflection(server, names, what.descriptors);
  return plugin && new Served(library, plugin, { ...what, session: true }, server);
}

/** That of plugboard.proto. */
const ownService = 'plugboard.v1.Plugin';

/** What the connections of a plugin have in common. */
export interface Place {
  readonly library: GrpcLibrary;
  readonly tls: MutualTls;
  readonly environment: ServeEnvironment;
  readonly what: ResolvedServe;
}

async function listenWith({ tls, environment, what }: Place, server: Server): Promise<Listener> {
  const connections = server.createConnectionInjector(tls.server);
  return listen(what.network, environment, (socket) => {
    socket.on('error', () => {}); // its end is what counts
    connections.injectConnection(socket);
  });
}

/** Serves something through the broker. */
async function serveApart(
  place: Place,
  services: GoServices,
  around: () => CallSurroundings,
): Promise<Listener> {
  const server = newServer(place.library, place.what.maxFrameBytes);
  addServices(place.library, server, services, around());
  const listener = await listenWith(place, server);
  const close = (): void => {
    listener.close();
    server.forceShutdown();
  };
  return { ...listener, close };
}

async function closeServer(server: Server): Promise<void> {
  const gone = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  await within(systemClock, disconnectMs, gone);
  server.forceShutdown();
}
