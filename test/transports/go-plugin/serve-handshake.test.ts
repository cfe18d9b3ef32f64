import { statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../transports/go-plugin/certificate.ts';
import { parseHandshakeLine } from '../../../transports/go-plugin/handshake-line.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { records, startPlugin } from './started-plugin.ts';

const hosts = await makeCertificate('P-521', new Date());

describe('the first line of a served plugin', () => {
  it('says where it listens, and ends with the empty field of a certificate', async () => {
    await using plugin = await startPlugin();
    expect(plugin.line).toMatch(/^1\|1\|unix\|\/.*\/plugin\d+\|grpc\|$/);
  });

  it('is alone on stdout, whatever is printed then', async () => {
    await using plugin = await startPlugin({}, 'go-prints.mjs');
    plugin.child.kill('SIGTERM');
    expect(await plugin.stdout).toBe(`${plugin.line}\n`);
    expect(parseHandshakeLine(plugin.line).network).toBe('unix');
  });

  it('has the certificate without padding where the host shows one', async () => {
    await using plugin = await startPlugin({ PLUGIN_CLIENT_CERT: hosts.certificatePem });
    const { certificate } = parseHandshakeLine(plugin.line);
    expect(plugin.line).not.toContain('=');
    expect(new X509Certificate(certificate ?? '').subjectAltName).toBe('DNS:localhost');
  });

  it.each([
    ['true', '|false'],
    ['0', '|false'],
    ['', '|'],
  ])('has a field for multiplexing only where it is asked for: %j', async (asked, end) => {
    await using plugin = await startPlugin({ PLUGIN_MULTIPLEX_GRPC: asked });
    expect(plugin.line.split('|')).toHaveLength(asked === '' ? 6 : 7);
    expect(plugin.line.endsWith(end)).toBe(true);
  });

  it.each([
    { own: '1,2,3', hosts: '3,2', chosen: '3' },
    { own: '1,2,3', hosts: '2,9,1', chosen: '2' },
    { own: '7,3', hosts: '1,2', chosen: '3' },
    { own: '2,3', hosts: '', chosen: '2' },
    { own: '2,3', hosts: 'x,3', chosen: '3' },
  ])('has version $chosen of $own where the host knows $hosts', async ({ own, hosts: known, chosen }) => {
    await using plugin = await startPlugin({ FIXTURE_VERSIONS: own, PLUGIN_PROTOCOL_VERSIONS: known });
    expect(plugin.line.split('|')[1]).toBe(chosen);
    if (known !== 'x,3') return;
    plugin.child.kill('SIGTERM');
    expect(records(await plugin.stderr)).toMatchObject([{ '@level': 'warn', version: 'x' }]);
  });
});

describe('a program that is served', () => {
  it.each([{ BASIC_PLUGIN: '' }, { BASIC_PLUGIN: 'Hello' }])(
    'says what it is and ends with 1 where the cookie is %j',
    async (env) => {
      await using plugin = await startPlugin(env);
      expect(await plugin.exit).toBe(1);
      expect(await plugin.stdout).toBe('');
      expect(await plugin.stderr).toMatch(/is a plugin.*not to be run by hand/);
    },
  );

  it.each([
    [{ FIXTURE_COOKIE: '' }, 'magicCookieValue is empty'],
    [{ FIXTURE_VERSIONS: '1.5' }, 'versions are whole numbers'],
    [{ FIXTURE_NETWORK: 'udp' }, "network is 'unix' or 'tcp'"],
  ])('ends with 1 and the cure where it is misconfigured: %j', async (env, why) => {
    await using plugin = await startPlugin(env);
    expect(await plugin.exit).toBe(1);
    expect(await plugin.stdout).toBe('');
    expect(await plugin.stderr).toContain(why);
  });

  it.each([
    [{ PLUGIN_CLIENT_CERT: 'nonsense' }, 'no certificate in PEM'],
    [{ FIXTURE_NETWORK: 'tcp', PLUGIN_MIN_PORT: '9', PLUGIN_MAX_PORT: '8' }, 'no range of ports'],
    [{ FIXTURE_NETWORK: 'tcp', PLUGIN_MIN_PORT: 'x' }, 'no range of ports'],
    [{ PLUGIN_UNIX_SOCKET_DIR: `/tmp/${'long'.repeat(30)}` }, 'Set TMPDIR to a shorter folder'],
    [{ PLUGIN_UNIX_SOCKET_DIR: '/nowhere/at/all' }, 'Make its folder writable'],
    [{ PLUGIN_UNIX_SOCKET_GROUP: 'no-such-group' }, "given to the group 'no-such-group'"],
  ])('ends with 1 and a record that says why it cannot start: %j', async (env, why) => {
    await using plugin = await startPlugin(env);
    expect(await plugin.exit).toBe(1);
    expect(await plugin.stdout).toBe('');
    const [record] = records(await plugin.stderr);
    expect(record).toMatchObject({ '@level': 'error', '@message': expect.stringContaining(why) as string });
  });
});

describe('services that cannot be loaded', () => {
  it('end the plugin with 1 and the reason in the log', async () => {
    await using plugin = await startPlugin({ FIXTURE_FAILS: '1' }, 'go-prints-early.mjs');
    expect(await plugin.exit).toBe(1);
    expect(await plugin.stdout).toBe('');
    expect(records(await plugin.stderr)).toMatchObject([
      {
        '@level': 'error',
        '@message': expect.stringContaining('the database is not there') as string,
        stack: expect.stringContaining('go-prints-early-services.mjs') as string,
      },
    ]);
  });
});

describe('where it listens', () => {
  const permissions = (line: string): number => statSync(parseHandshakeLine(line).address).mode & 0o777;

  it("is the host's folder, for its owner only", async () => {
    await using folder = await tempFolder();
    await using plugin = await startPlugin({ PLUGIN_UNIX_SOCKET_DIR: folder.path });
    expect(plugin.line).toContain(`|${folder.path}/plugin`);
    expect(permissions(plugin.line) & 0o77).toBe(0);
  });

  it.runIf(process.getuid?.() === 0).each(['daemon', '1'])('is open to the group %s', async (group) => {
    await using plugin = await startPlugin({ PLUGIN_UNIX_SOCKET_GROUP: group });
    expect(permissions(plugin.line)).toBe(0o660);
    expect(statSync(parseHandshakeLine(plugin.line).address)).toMatchObject({ uid: 0, gid: 1 });
  });

  it("is the first free port of the host's range", async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const range = { PLUGIN_MIN_PORT: String(port), PLUGIN_MAX_PORT: String(port + 20) };
    await using plugin = await startPlugin({ FIXTURE_NETWORK: 'tcp', ...range });
    const chosen = Number(parseHandshakeLine(plugin.line).address.split(':')[1]);
    taken.close();
    expect(chosen).toBeGreaterThan(port);
    expect(chosen).toBeLessThanOrEqual(port + 20);
  });
});
