import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  decodeCertificate,
  encodeCertificate,
  makeCertificate,
  toPem,
} from '../../../transports/go-plugin/certificate.ts';

it.each(['P-256', 'P-521'] as const)(
  'makes a certificate on %s that says what go-plugin wants',
  async (curve) => {
    const now = new Date('2026-01-02T03:04:05Z');
    const own = await makeCertificate(curve, now);
    const read = new X509Certificate(own.der);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(createPrivateKey(own.keyPem))).toBe(true);
    expect(read.subject).toBe('O=HashiCorp\nCN=localhost');
    expect(read.issuer).toBe(read.subject);
    expect(read.checkHost('localhost')).toBe('localhost');
    expect(read.ca).toBe(true);
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']);
    expect(Date.parse(read.validFrom)).toBe(now.getTime() - 30_000);
    expect(Date.parse(read.validTo)).toBe(now.getTime() + 262_980 * 3_600_000);
    expect(new X509Certificate(own.certificatePem).raw).toEqual(own.der);
  },
);

it('writes a certificate without padding, whatever its length', async () => {
  const lengths = new Set<number>();
  for (let tries = 0; tries < 200 && lengths.size < 3; tries++) {
    const { der } = await makeCertificate('P-256', new Date());
    lengths.add(der.length % 3);
    expect(encodeCertificate(der)).not.toContain('=');
    expect(decodeCertificate(encodeCertificate(der))).toEqual(der);
    expect(toPem(der)).toBe(new X509Certificate(der).toString());
  }
  expect(lengths.size).toBe(3);
});
