import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { join } from 'node:path';

import type { Logger } from '../../src/core/logger.ts';
import type { Connection } from '../grpc/connect.ts';
import { newServer } from '../grpc/served.ts';
import { toPem, type OwnCertificate } from './certificate.ts';
import { goPluginMethods, type ConnInfo } from './messages.ts';
import { mutualTls } from './mutual-tls.ts';
import { addServices } from './serve-handlers.ts';
import { Broker, type Brokered } from './serve-broker.ts';
import { connect } from './serve-connection.ts';

/** What brokered connections have in common with the main one. */
export interface BrokerPlace {
  /** Where the host's sockets are to be; undefined where there are none. */
  readonly folder: string | undefined;
  readonly own: OwnCertificate | undefined;
  /** The plugin's certificate in DER. */
  readonly certificate: Buffer | undefined;
  readonly maxFrameBytes: number;
  /** The host's name for the plugin. */
  readonly plugin: string;
  readonly log: Logger;
  /** Is told of sockets that the plugin makes, and may leave behind. */
  readonly onSocket: (path: string) => void;
}

/** Opens the stream on which both ends say where their ids can be had. */
export function openBroker({ library, client }: Connection, place: BrokerPlace): Broker {
  const { own, certificate, maxFrameBytes, plugin: other } = place;
  const tls = mutualTls(library, own, certificate && toPem(certificate));
  let served = 0;
  const broker: Broker = new Broker({
    serve: async (services) => {
      const server = newServer(library, maxFrameBytes);
      addServices(library, server, services, { log: place.log, broker });
      const target = place.folder === undefined ? undefined : join(place.folder, `host${++served}`);
      return bind(server, target, tls.server);
    },
    connect: (info) => connect(library, { tls, maxFrameBytes, other }, info),
  });
  const { path, requestSerialize, responseDeserialize } = goPluginMethods.startStream;
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  stream.on('data', ({ network, address }: ConnInfo) => network === 'unix' && place.onSocket(address));
  broker.attach(stream);
  return broker;
}

/** Listens on a socket, or where there are none on a port of this computer. */
function bind(server: Server, path: string | undefined, credentials: ServerCredentials): Promise<Brokered> {
  const target = path === undefined ? '127.0.0.1:0' : `unix:${path}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(target, credentials, (error, port) => {
      if (error !== null) return reject(error);
      const close = (): void => server.forceShutdown();
      if (path === undefined) resolve({ network: 'tcp', address: `127.0.0.1:${port}`, close });
      else resolve({ network: 'unix', address: path, close });
    });
  });
}
