import type { ChannelOptions } from '@grpc/grpc-js';
import { createSecureContext, type PeerCertificate } from 'node:tls';

import { PluginError } from '../../src/core/errors.ts';
import type { OpenSetup } from '../../src/core/transport.ts';
import { callHeaders } from '../grpc/call-metadata.ts';
import { ownOptions, type Connection } from '../grpc/connect.ts';
import type { GrpcLibrary } from '../grpc/load.ts';
import { insecure, type Security } from '../grpc/tls.ts';
import { toPem, type OwnCertificate } from './certificate.ts';
import type { HandshakeLine } from './handshake-line.ts';

/** Where one end of a connection listens, and what proves that it is who it says. */
export type Peer = Pick<HandshakeLine, 'network' | 'address' | 'certificate'>;

/** Connects to a plugin, with its first call. Both ends show the one certificate that the other knows. */
export function connectTo(
  library: GrpcLibrary,
  peer: Peer,
  own: OwnCertificate | undefined,
  maxFrameBytes: number,
  { plugin, launch }: Pick<OpenSetup, 'plugin' | 'launch'>,
): Connection {
  const endpoint = peer.network === 'unix' ? `unix:${peer.address}` : peer.address;
  const pins = launch?.kind === 'endpoint' ? launch.certificateSha256 : undefined;
  const security =
    peer.certificate === undefined ? insecure(library, pins) : pinned(library, peer.certificate, own);
  const options: ChannelOptions = {
    ...ownOptions({ maxFrameBytes }),
    'grpc.enable_http_proxy': 0,
    ...(peer.certificate !== undefined && {
      'grpc.ssl_target_name_override': 'localhost', // as Go's hosts do; its certificate is of no other name
      'grpc.default_authority': 'localhost',
    }),
  };
  const client = new library.Client(endpoint, security.credentials, options);
  const metadata: Connection['metadata'] = () => {
    const headers = new library.Metadata();
    headers.set(callHeaders.plugin, plugin);
    return headers;
  };
  return { library, endpoint, client, security, metadata };
}

/** Trusts this certificate and no other. */
function pinned(
  { credentials }: GrpcLibrary,
  certificate: Buffer,
  own: OwnCertificate | undefined,
): Security {
  let refusal: PluginError | undefined;
  const identity = (_name: string, shown: PeerCertificate): Error | undefined => {
    if (shown.raw.equals(certificate)) return undefined;
    const message =
      'another certificate is shown at its address than the plugin told. Find out who answers there.';
    return (refusal = new PluginError('SECURITY_1803', { message }));
  };
  const context = createSecureContext({
    ca: toPem(certificate),
    minVersion: 'TLSv1.2',
    ...(own !== undefined && { cert: own.certificatePem, key: own.keyPem }),
  });
  return {
    credentials: credentials.createFromSecureContext(context, { checkServerIdentity: identity }),
    refused: () => refusal,
  };
}
