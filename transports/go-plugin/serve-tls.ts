import type { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';
import { X509Certificate } from 'node:crypto';

import { systemClock } from '../../src/core/clock.ts';
import { messageOf, PluginError } from '../../src/core/errors.ts';
import type { GrpcLibrary } from '../grpc/load.ts';
import { makeCertificate } from './certificate.ts';

/** How a plugin and its host make sure of each other, on the main connection and on brokered ones. */
export interface ServeTls {
  readonly server: ServerCredentials;
  readonly client: ChannelCredentials;
  /** The plugin's own certificate in DER; undefined without TLS. */
  readonly certificate: Buffer | undefined;
}

/**
 * TLS as AutoMTLS has it: each end accepts the one certificate of the other and nothing else. Without a certificate of
 * the host there is none. The curve is not negotiated; this one every TLS library knows, and its key is made at once.
 * @throws {PluginError} `AUTH_1104` for what is no certificate.
 */
export async function serveTls(library: GrpcLibrary, hostsPem: string | undefined): Promise<ServeTls> {
  const { credentials, ServerCredentials: make } = library;
  if (hostsPem === undefined)
    return { server: make.createInsecure(), client: credentials.createInsecure(), certificate: undefined };
  checkPem(hostsPem);
  const { der, certificatePem, keyPem } = await makeCertificate('P-256', systemClock.date());
  const root = Buffer.from(hostsPem);
  const cert = Buffer.from(certificatePem);
  const key = Buffer.from(keyPem);
  return {
    server: make.createSsl(root, [{ private_key: key, cert_chain: cert }], true),
    client: credentials.createSsl(root, key, cert),
    certificate: der,
  };
}

function checkPem(pem: string): void {
  try {
    return void new X509Certificate(pem);
  } catch (cause) {
    const message = `PLUGIN_CLIENT_CERT is no certificate in PEM: ${messageOf(cause)}. Correct the host.`;
    throw new PluginError('AUTH_1104', { message, cause });
  }
}
