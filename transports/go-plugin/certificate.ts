import { generateKeyPair, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

import { bits, boolean, bytes, integer, objectId, sequence, setOf, tagged, time, utf8 } from './der.ts';

/** `P-521` is what go-plugin makes itself; `P-256` is known to every TLS library, BoringSSL too, and made faster. */
export type Curve = 'P-256' | 'P-521';

/** A certificate made for one run, with its key. */
export interface OwnCertificate {
  readonly der: Buffer;
  readonly certificatePem: string;
  readonly keyPem: string;
}

const signatures = {
  'P-256': { hash: 'sha256', id: '1.2.840.10045.4.3.2' },
  'P-521': { hash: 'sha512', id: '1.2.840.10045.4.3.4' },
} as const;

/** A clock that is a little behind must not find it invalid. */
const backdatedMs = 30_000;

/** 30 years, as go-plugin. */
const validMs = 262_980 * 3_600_000;

const makeKey = promisify(generateKeyPair);

/**
 * Makes a self-signed certificate as go-plugin's AutoMTLS wants it: of `localhost`, for both ends of a connection. `now`
 * is the time of day.
 */
export async function makeCertificate(curve: Curve, now: Date): Promise<OwnCertificate> {
  const { publicKey, privateKey } = await makeKey('ec', { namedCurve: curve });
  const { hash, id } = signatures[curve];
  const algorithm = sequence(objectId(id));
  const signed = sequence(
    tagged(0xa0, integer(Buffer.from([2]))), // version 3
    integer(randomBytes(16)),
    algorithm,
    localhost,
    sequence(time(new Date(now.getTime() - backdatedMs)), time(new Date(now.getTime() + validMs))),
    localhost,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  );
  const der = sequence(signed, algorithm, bits(sign(hash, signed, privateKey)));
  return { der, certificatePem: toPem(der), keyPem: pemOf(privateKey) };
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

const name = (id: string, text: string): Buffer => setOf(sequence(objectId(id), utf8(text)));

const localhost = sequence(name('2.5.4.10', 'HashiCorp'), name('2.5.4.3', 'localhost'));

const critical = boolean(true);

/** Key usage: signature, key encipherment, key agreement, signing certificates. */
const usage = bits(Buffer.from([0b10101100]), 2);

const extensions = sequence(
  sequence(objectId('2.5.29.15'), critical, bytes(usage)),
  sequence(
    objectId('2.5.29.37'), // to be a client and a server
    bytes(sequence(objectId('1.3.6.1.5.5.7.3.2'), objectId('1.3.6.1.5.5.7.3.1'))),
  ),
  sequence(objectId('2.5.29.19'), critical, bytes(sequence(boolean(true)))), // an authority: its own
  sequence(objectId('2.5.29.17'), bytes(sequence(tagged(0x82, Buffer.from('localhost'))))),
);

/** A certificate in PEM. */
export function toPem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`;
}

/** A certificate as a field of the handshake line: Go refuses the padding of base64. */
export function encodeCertificate(der: Uint8Array): string {
  return Buffer.from(der).toString('base64').replaceAll('=', '');
}

/** Reads what `encodeCertificate` wrote, and is as strict as Go. @throws {Error} for what is no certificate. */
export function decodeCertificate(field: string): Buffer {
  if (!/^[A-Za-z0-9+/]+$/.test(field)) throw new Error('it is not plain base64 without padding');
  const der = Buffer.from(field, 'base64');
  const { raw } = new X509Certificate(der);
  if (!raw.equals(der)) throw new Error('something follows it');
  return raw;
}
