import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasTool } from '../languages/tool.ts';

/** Whether certificates can be made here. */
export const hasOpenssl: boolean = hasTool('openssl', 'version');

/** A certificate with its key, as files. */
export interface KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority of its own, and what it signs. */
export interface Authority {
  readonly caFile: string;
  /** A certificate for `localhost` and 127.0.0.1; valid for so many days, -1 for one that has expired. */
  sign(name: string, days?: number): KeyPair;
}

/** Makes an authority in a folder, by openssl. */
export function authority(folder: string, name: string): Authority {
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const path = (file: string): string => join(folder, file);
  openssl('req', '-x509', ...key, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`);
  return {
    caFile: path(`${name}.pem`),
    sign(own, days = 2) {
      const subject = ['-subj', `/CN=${own}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
      openssl('req', ...key, '-keyout', `${own}.key`, '-out', `${own}.csr`, ...subject);
      const from = ['-CA', `${name}.pem`, '-CAkey', `${name}.key`, '-CAcreateserial'];
      const signed = ['-days', String(days), '-copy_extensions', 'copy', '-out', `${own}.pem`];
      openssl('x509', '-req', '-in', `${own}.csr`, ...from, ...signed);
      return { certFile: path(`${own}.pem`), keyFile: path(`${own}.key`) };
    },
  };
}

/** The SHA-256 of a certificate, as `openssl x509 -fingerprint` prints it. */
export function fingerprint(certFile: string): string {
  return new X509Certificate(readFileSync(certFile)).fingerprint256;
}
