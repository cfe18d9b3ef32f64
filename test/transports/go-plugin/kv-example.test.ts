import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { goPlugin } from 'plugboard/go-plugin';
import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { nodePlugin } from './go-hosts.ts';
import { buildGo, goProgram, handshake, hasGo, keep, services } from './go-plugins.ts';

const versions = ['1.8.0', '1.4.8'] as const;

beforeAll(() => buildGo(...versions), goBuildTimeoutMs);

const run = promisify(execFile);

describe.each(versions)("go-plugin's own example of %s, as its module has it", (version) => {
  needsTool('go', hasGo);

  it('has a host that runs a plugin in Node', async () => {
    await using folder = await tempFolder();
    const kvPlugin = nodePlugin('go-kv-example.mjs').join(' ');
    const env = { ...process.env, KV_PROTO: 'grpc', KV_PLUGIN: kvPlugin };
    const how = { cwd: folder.path, env };
    await run(goProgram('exampleHost', version), ['put', 'hello', 'world'], how);
    const { stdout } = await run(goProgram('exampleHost', version), ['get', 'hello'], how);
    expect(stdout).toBe('world\n\nWritten from a plugin in Node\n');
  });

  it('has a plugin that a host in Node runs', async () => {
    await using folder = await tempFolder();
    const command = goProgram('examplePlugin', version);
    await using host = await keep(goPlugin(command, { handshake, services, cwd: folder.path }));
    await host.ask('put', { key: 'hello', value: 'world' });
    expect(await host.ask('get', 'hello')).toMatch(/^world\n\nWritten from plugin-go-grpc/);
  });
});
