import type { ChannelCredentials } from '@grpc/grpc-js';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { checkServerIdentity, createSecureContext, type PeerCertificate } from 'node:tls';

import { messageOf, PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import type { GrpcLibrary } from './load.ts';
import type { GrpcTls } from './tls-options.ts';

/** What proves who is who on a connection. */
export interface Security {
  readonly credentials: ChannelCredentials;
  /** Why the server's certificate was refused, once it was. */
  refused(): PluginError | undefined;
}

/** Older versions have known weaknesses; RFC 8996 forbids them. */
const minVersion = 'TLSv1.2';

/** @throws {PluginError} `AUTH_1104` for a file that cannot be used. */
export async function secure(
  { credentials }: GrpcLibrary,
  tls: GrpcTls,
  pins: readonly string[] | undefined,
): Promise<Security> {
  const [ca, cert, key] = await Promise.all([tls.caFile, tls.certFile, tls.keyFile].map(readPem));
  if (cert !== undefined) checkDates(cert, tls.certFile ?? '');
  let refusal: PluginError | undefined;
  const identity = (name: string, certificate: PeerCertificate): Error | undefined => {
    const fault = checkServerIdentity(tls.serverName ?? name, certificate);
    if (fault !== undefined) return fault;
    const shown = plainHex(certificate.fingerprint256);
    if (pins === undefined || pins.some((pin) => plainHex(pin) === shown)) return undefined;
    return (refusal = notPinned(shown));
  };
  const context = made(() => createSecureContext({ ca, cert, key, minVersion }), 'certificates and key');
  return {
    credentials: credentials.createFromSecureContext(context, { checkServerIdentity: identity }),
    refused: () => refusal,
  };
}

/** A connection that nobody can prove anything about. @throws {PluginError} `SECURITY_1801` if certificates are pinned. */
export function insecure({ credentials }: GrpcLibrary, pins: readonly string[] | undefined): Security {
  if (pins !== undefined) {
    const message = 'the certificates of its server are pinned, but without TLS it shows none. Turn on tls.';
    throw new PluginError('SECURITY_1801', { message });
  }
  return { credentials: credentials.createInsecure(), refused: () => undefined };
}

/** Reads a file of certificates or keys. @throws {PluginError} `AUTH_1104` if it cannot be read. */
export async function readPem(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  return readFile(file).catch((cause: unknown) => {
    throw unusable(file, cause);
  });
}

/** An expired certificate would only be told as a connection that breaks. */
function checkDates(pem: Buffer, file: string): void {
  const { validFrom, validTo } = made(() => new X509Certificate(pem), file);
  const now = Date.now();
  if (now >= Date.parse(validFrom) && now <= Date.parse(validTo)) return;
  const message = `the certificate ${printable(file, 200)} is valid from ${validFrom} to ${validTo}, not now. Renew it.`;
  throw new PluginError('AUTH_1104', { message });
}

function made<T>(make: () => T, file: string): T {
  try {
    return make();
  } catch (cause) {
    throw unusable(file, cause);
  }
}

function unusable(file: string, cause: unknown): PluginError {
  const message = `${printable(file, 200)} cannot be used for TLS: ${messageOf(cause)}. Give PEM files that the host may read.`;
  return new PluginError('AUTH_1104', { message, cause });
}

function notPinned(shown: string): PluginError {
  const message = `the server shows another certificate than those that are pinned; its SHA-256 is ${shown}. Find out who answers there; if it was renewed, pin the new one.`;
  return new PluginError('SECURITY_1803', { message, context: { certificateSha256: shown } });
}

function plainHex(hex: string): string {
  return hex.toLowerCase().replaceAll(':', '');
}
