import { rm } from 'node:fs/promises';
import { connect } from 'node:tls';
import { Simple, type PluginSource } from 'plugboard';
import { serveGrpc, type GrpcServer, type ServeGrpcTls } from 'plugboard/grpc';
import { grpc } from 'plugboard/transports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import {
  authority,
  fingerprint,
  type Authority,
  type KeyPair,
  hasOpenssl,
} from '../../support/certificates.ts';
import { startError } from '../../support/start-error.ts';
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { echo, host } from './servers.ts';

/** By name: an IP address is no name of TLS. */
const at = ({ port }: GrpcServer): string => `localhost:${port}`;

describe('TLS', () => {
  needsTool('openssl', hasOpenssl);

  let folder: TempFolder;
  let ours: Authority;
  let others: Authority;
  let server: KeyPair;
  let client: KeyPair;
  let plain: GrpcServer;
  let encrypted: GrpcServer;
  let mutual: GrpcServer;

  beforeAll(async () => {
    folder = await tempFolder();
    if (!hasOpenssl) return;
    ours = authority(folder.path, 'ours');
    others = authority(folder.path, 'others');
    server = ours.sign('server');
    client = ours.sign('client');
    plain = await serveGrpc(echo);
    encrypted = await serveGrpc(echo, { tls: server });
    mutual = await serveGrpc(echo, { tls: { ...server, caFile: ours.caFile } });
  });

  afterAll(async () => {
    if (hasOpenssl) await Promise.all([plain.close(0), encrypted.close(0), mutual.close(0)]);
    await folder[Symbol.asyncDispose]();
  });

  async function answerOf(source: PluginSource): Promise<string> {
    await using own = await host(source);
    return await own.manager.execute('subject', 'it');
  }

  it('reaches a server whose certificate our authority signed', async () => {
    expect(await answerOf(grpc(at(encrypted), { tls: { caFile: ours.caFile } }))).toBe(
      'subject heard it (1)',
    );
  });

  it('refuses a server that another authority signed', async () => {
    for (const tls of [true, { caFile: others.caFile }]) {
      expect(await startError(grpc(at(encrypted), { tls }))).toMatchObject({ code: 'PLUGIN_1205' });
    }
  });

  it('refuses a server of another name, unless that is the one it should have', async () => {
    const tls = { caFile: ours.caFile, serverName: 'auth.example' };
    expect(await startError(grpc(at(encrypted), { tls }))).toMatchObject({
      code: 'PLUGIN_1205',
      message: expect.stringContaining('auth.example') as string,
    });
    expect(await answerOf(grpc(at(encrypted), { tls: { ...tls, serverName: 'localhost' } }))).toBe(
      'subject heard it (1)',
    );
  });

  it('is missed at either end: PLUGIN_1205', async () => {
    expect(await startError(grpc(at(encrypted)))).toMatchObject({ code: 'PLUGIN_1205' });
    const tls = { caFile: ours.caFile };
    expect(await startError(grpc(at(plain), { tls }))).toMatchObject({ code: 'PLUGIN_1205' });
  });

  it('is not older than 1.2, at either end', async () => {
    const refused = await new Promise<Error>((resolve, reject) => {
      const socket = connect({
        port: encrypted.port,
        host: '127.0.0.1',
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
      });
      socket.once('error', resolve);
      socket.once('secureConnect', () => reject(new Error('it was let in')));
    });
    expect(refused.message).toMatch(/version|protocol|cipher|handshake/i);
  });

  it('with mtls shows the host’s own certificate', async () => {
    expect(
      await answerOf(grpc(at(mutual), { auth: { method: 'mtls', ...client, caFile: ours.caFile } })),
    ).toBe('subject heard it (1)');
  });

  it('with mtls lets nobody in without a certificate, or with another’s', async () => {
    const stranger = others.sign('stranger');
    const tls = { caFile: ours.caFile };
    expect(await startError(grpc(at(mutual), { tls }))).toMatchObject({ code: 'PLUGIN_1205' });
    const auth = { method: 'mtls', ...stranger, caFile: ours.caFile } as const;
    expect(await startError(grpc(at(mutual), { auth }))).toMatchObject({ code: 'PLUGIN_1205' });
  });

  it('says that the host’s certificate has expired, before it is refused', async () => {
    const expired = ours.sign('expired', -1);
    const auth = { method: 'mtls', ...expired, caFile: ours.caFile } as const;
    expect(await startError(grpc(at(mutual), { auth }))).toMatchObject({
      code: 'AUTH_1104',
      message: expect.stringContaining('expired.pem') as string,
    });
  });

  it('reads certificates anew for each connection', async () => {
    const pair = ours.sign('rotated', -1);
    const source = grpc(at(mutual), { auth: { method: 'mtls', ...pair, caFile: ours.caFile } });
    expect(await startError(source)).toMatchObject({ code: 'AUTH_1104' });
    ours.sign('rotated');
    expect(await answerOf(source)).toBe('subject heard it (1)');
    await rm(pair.certFile);
    expect(await startError(source)).toMatchObject({ code: 'AUTH_1104' });
  });

  it('with files that are no certificates is AUTH_1104, at either end', async () => {
    const notPem = await folder.write('not.pem', 'hello');
    const tls: ServeGrpcTls = { certFile: notPem, keyFile: notPem };
    expect(await startError(grpc(at(encrypted), { tls }))).toMatchObject({ code: 'AUTH_1104' });
    await expect(serveGrpc(echo, { tls })).rejects.toMatchObject({ code: 'AUTH_1104' });
    const gone = { ...tls, keyFile: `${notPem}.gone` };
    await expect(serveGrpc(echo, { tls: gone })).rejects.toMatchObject({ code: 'AUTH_1104' });
  });

  it('takes the pinned certificate and no other', async () => {
    const pinned = (certFile: string): PluginSource =>
      grpc(at(encrypted), { tls: { caFile: ours.caFile, certificateSha256: [fingerprint(certFile)] } });
    expect(await answerOf(pinned(server.certFile))).toBe('subject heard it (1)');
    expect(await startError(pinned(client.certFile))).toMatchObject({
      code: 'SECURITY_1803',
      plugin: 'subject',
      message: expect.stringContaining('pinned') as string,
    });
  });

  it('takes the certificate that the whitelist pins, and without TLS none', async () => {
    const plugin = (port: number, certFile: string): string =>
      JSON.stringify({
        plugins: {
          subject: {
            name: 'subject',
            type: 'grpc',
            allowed_endpoints: [`localhost:${port}`],
            certificateSha256: [fingerprint(certFile).replaceAll(':', '').toLowerCase()],
          },
        },
      });
    const start = async (text: string, source: PluginSource): Promise<string> => {
      const whitelist = await folder.write('whitelist.json', text, 0o600);
      const building = Simple<string, string>().withSecurity(whitelist).withPlugin('subject', source).build();
      const manager = await building;
      const answer = await manager.execute('subject', 'it');
      await manager.shutdown();
      return answer;
    };
    const endpoint = `localhost:${encrypted.port}`;
    const source = grpc(endpoint, { tls: { caFile: ours.caFile } });
    expect(await start(plugin(encrypted.port, server.certFile), source)).toContain('heard');
    await expect(start(plugin(encrypted.port, client.certFile), source)).rejects.toThrow('SECURITY_1803');
    const open = grpc(`localhost:${plain.port}`);
    await expect(start(plugin(plain.port, server.certFile), open)).rejects.toThrow('SECURITY_1801');
  });
});
