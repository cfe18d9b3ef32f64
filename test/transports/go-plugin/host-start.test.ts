import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Simple } from 'plugboard';
import { goPlugin } from 'plugboard/go-plugin';
import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { listed } from '../../security/listed.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { managed } from '../../support/managed.ts';
import { startError } from '../../support/start-error.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { buildGo, goProgram, handshake, hasGo, services } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

describe('the environment of a plugin', () => {
  it('has what go-plugin says, its cookie and its own, and not that of the host', async () => {
    await using folder = await tempFolder();
    const out = join(folder.path, 'env');
    process.env['HOST_SECRET'] = 'x';
    process.env['PLUGIN_MULTIPLEX_GRPC'] = 'true';
    const options = { args: ['-c', 'env >"$OUT"'], env: { OUT: out, GREETING: 'hi' }, handshake };
    await startError(
      goPlugin('sh', { ...options, protocolVersions: [3, 5], minPort: 20_000, maxPort: 20_009 }),
    );
    const env = Object.fromEntries(
      (await readFile(out, 'utf8')).split('\n').map((line) => line.split('=') as [string, string]),
    );
    expect(env).toMatchObject({
      BASIC_PLUGIN: 'hello',
      PLUGIN_PROTOCOL_VERSIONS: '3,5',
      PLUGIN_MIN_PORT: '20000',
      PLUGIN_MAX_PORT: '20009',
      PLUGIN_CLIENT_CERT: '-----BEGIN CERTIFICATE-----',
      PLUGIN_UNIX_SOCKET_DIR: expect.stringMatching(/\/pb-/) as string,
      PLUGIN_MULTIPLEX_GRPC: '',
      GREETING: 'hi',
    });
    expect(env).not.toHaveProperty('HOST_SECRET');
    const all = { ...options, inheritEnv: true, autoMtls: false } as const;
    await startError(goPlugin('sh', all));
    const inherited = await readFile(out, 'utf8');
    expect(inherited).toContain('HOST_SECRET=x\n');
    expect(inherited).toContain('PLUGIN_CLIENT_CERT=\n');
    expect(inherited).toContain('PLUGIN_MULTIPLEX_GRPC=\n');
    delete process.env['HOST_SECRET'];
    delete process.env['PLUGIN_MULTIPLEX_GRPC'];
  });
});

it('a socket that is not the plugin’s own is left where it is', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, 'shared.sock');
  const server = createServer((socket) => void socket.destroy()).listen(path);
  const line = `1|1|unix|${path}|grpc|`;
  await startError(goPlugin('sh', { args: ['-c', `echo '${line}'; sleep 60`], handshake, autoMtls: false }));
  expect(existsSync(path)).toBe(true);
  await new Promise((resolve) => void server.close(resolve));
});

describe('a whitelist', () => {
  needsTool('go', hasGo);

  it('admits the plugin with its checksum, and refuses another', async () => {
    await using list = await listed();
    const bytes = await readFile(goProgram('plugin'));
    const file = await list.write('kv', bytes, 0o755);
    await list.list({ kv: await list.pin(file, { type: 'go-plugin' }) });
    const source = () => goPlugin(file, { handshake, services: { execute: services.get } });
    const build = () => Simple<string, string>().withSecurity(list.file).withPlugin('kv', source()).build();
    {
      await using host = await managed(build());
      expect(await host.manager.execute('kv', 'version')).toBe('1');
    }
    await list.write('kv', Buffer.concat([bytes, Buffer.from('more')]), 0o755);
    await expect(managed(build())).rejects.toThrow('SECURITY_1803');
  });
});
