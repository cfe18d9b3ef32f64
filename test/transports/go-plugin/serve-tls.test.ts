import { Client, credentials, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { makeCertificate, toPem, type OwnCertificate } from '../../../transports/go-plugin/certificate.ts';
import { parseHandshakeLine } from '../../../transports/go-plugin/handshake-line.ts';
import { startPlugin } from './started-plugin.ts';

const now = new Date();
const hosts = await makeCertificate('P-521', now);
const anothers = await makeCertificate('P-521', now);

/** Asks for a value, as a host that connects so. */
function get(line: string, how: ChannelCredentials): Promise<Buffer> {
  const { network, address } = parseHandshakeLine(line);
  const client = new Client(network === 'unix' ? `unix:${address}` : address, how, {
    'grpc.ssl_target_name_override': 'localhost',
  });
  const asIs = (bytes: Buffer): Buffer => bytes;
  const key = Buffer.from('\n\x07version', 'latin1');
  return new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest('/proto.KV/Get', asIs, asIs, key, (error: ServiceError | null, answer?: Buffer) =>
      error === null ? resolve(answer ?? Buffer.alloc(0)) : reject(error),
    );
  }).finally(() => client.close());
}

const tls = (line: string, own?: OwnCertificate): ChannelCredentials => {
  const { certificate } = parseHandshakeLine(line);
  const root = Buffer.from(toPem(certificate ?? Buffer.alloc(0)));
  if (own === undefined) return credentials.createSsl(root);
  return credentials.createSsl(root, Buffer.from(own.keyPem), Buffer.from(own.certificatePem));
};

describe.each(['unix', 'tcp'])('a plugin that is served with AutoMTLS on %s', (network) => {
  const env = { FIXTURE_NETWORK: network, PLUGIN_CLIENT_CERT: hosts.certificatePem };

  it('answers the host whose certificate it was started with, and nobody else', async () => {
    await using plugin = await startPlugin(env);
    const { line } = plugin;
    expect(await get(line, tls(line, hosts))).toEqual(Buffer.from('\n\x011', 'latin1'));
    await expect(get(line, credentials.createInsecure()), 'no TLS').rejects.toMatchObject({ code: 14 });
    await expect(get(line, tls(line)), 'no certificate').rejects.toMatchObject({ code: 14 });
    await expect(get(line, tls(line, anothers)), "another's").rejects.toMatchObject({ code: 14 });
    expect(await get(line, tls(line, hosts)), 'afterwards').toHaveLength(3);
  });
});

describe('a plugin that is served with AutoMTLS', () => {
  it("is not answered for by another's certificate", async () => {
    await using plugin = await startPlugin({ PLUGIN_CLIENT_CERT: hosts.certificatePem });
    const root = credentials.createSsl(
      Buffer.from(anothers.certificatePem),
      Buffer.from(hosts.keyPem),
      Buffer.from(hosts.certificatePem),
    );
    await expect(get(plugin.line, root)).rejects.toMatchObject({ code: 14 });
  });

  it('refuses a host whose certificate has expired', async () => {
    const years = 31 * 366 * 24 * 3600 * 1000;
    const expired = await makeCertificate('P-256', new Date(now.getTime() - years));
    await using plugin = await startPlugin({ PLUGIN_CLIENT_CERT: expired.certificatePem });
    await expect(get(plugin.line, tls(plugin.line, expired))).rejects.toMatchObject({ code: 14 });
  });

  it('takes hosts of either curve', async () => {
    const small = await makeCertificate('P-256', now);
    await using plugin = await startPlugin({ PLUGIN_CLIENT_CERT: small.certificatePem });
    expect(await get(plugin.line, tls(plugin.line, small))).toHaveLength(3);
  });

  it('has a key of its own for each start', async () => {
    const env = { PLUGIN_CLIENT_CERT: hosts.certificatePem };
    await using one = await startPlugin(env);
    await using other = await startPlugin(env);
    expect(one.line.split('|')[5]).not.toBe(other.line.split('|')[5]);
  });
});
