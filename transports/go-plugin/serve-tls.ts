import { X509Certificate } from 'node:crypto';

import { systemClock } from '../../src/core/clock.ts';
import { messageOf, PluginError } from '../../src/core/errors.ts';
import type { GrpcLibrary } from '../grpc/load.ts';
import { makeCertificate } from './certificate.ts';
import { mutualTls, type MutualTls } from './mutual-tls.ts';

/**
 * TLS as AutoMTLS has it; without a certificate of the host there is none. The curve is not negotiated; this one every
 * TLS library knows, and its key is made at once.
 * @throws {PluginError} `AUTH_1104` for what is no certificate.
 */
export async function serveTls(library: GrpcLibrary, hostsPem: string | undefined): Promise<MutualTls> {
  if (hostsPem === undefined) return mutualTls(library, undefined, undefined);
  checkPem(hostsPem);
  return mutualTls(library, await makeCertificate('P-256', systemClock.date()), hostsPem);
}

function checkPem(pem: string): void {
  try {
    return void new X509Certificate(pem);
  } catch (cause) {
    const message = `PLUGIN_CLIENT_CERT is no certificate in PEM: ${messageOf(cause)}. Correct the host.`;
    throw new PluginError('AUTH_1104', { message, cause });
  }
}
