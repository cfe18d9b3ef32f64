import { Simple } from 'plugboard';
import { serveGrpc } from 'plugboard/grpc';
import { describe, expect, it } from 'vitest';
import { managed } from '../../support/managed.ts';
import { relay } from '../../support/relay.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { echo } from './servers.ts';

describe('a configuration', () => {
  it('reaches a plugin over gRPC, and says who the host is', async () => {
    await using folder = await tempFolder();
    const authorize = (headers: Readonly<Record<string, string>>): boolean =>
      headers['authorization'] === 'Bearer t-1' && headers['x-tenant'] === 'acme';
    await using server = await serveGrpc(echo, { authorize });
    const file = await folder.write(
      'plugboard.yaml',
      `plugins:
  - name: auth
    transport: grpc
    endpoint: ${server.endpoint},localhost:1
    max_frame_bytes: 64KiB
    auth: { method: bearer, token: t-1, headers: { x-tenant: acme } }
    connection: { connection_timeout: 5s, keep_alive: false }
`,
    );
    await using host = await managed(Simple<string, string>().withConfig(file).build());
    const { manager } = host;
    expect(await manager.execute('auth' as never, 'it')).toBe('auth heard it (1)');
    await expect(manager.execute('auth' as never, 'x'.repeat(70_000))).rejects.toMatchObject({
      code: 'RPC_2006',
    });
  });

  it('says how its connections are kept', async () => {
    await using folder = await tempFolder();
    await using server = await serveGrpc<string, string>({
      name: 'slow',
      version: '1.0.0',
      execute: (text, { remainingMs }) => `${text.length} within ${remainingMs <= 5000}`,
    });
    await using between = await relay(server.port);
    const file = await folder.write(
      'plugboard.yaml',
      `plugins:
  - name: slow
    transport: grpc
    endpoint: ${between.endpoint}
    connection: { request_timeout: 5s, disable_compression: false, max_connections: 2, idle_timeout: 1s }
`,
    );
    await using host = await managed(Simple<string, string>().withConfig(file).build());
    const answer = await host.manager.execute('slow' as never, 'x'.repeat(1_000_000));
    expect(answer).toBe('1000000 within true');
    expect(between.bytes).toBeLessThan(50_000);
  });

  it.each([
    ['endpoint: localhost:99999', 'PLUGIN_1005'],
    ['endpoint: localhost:1, auth: { method: custom, headers: { te: x } }', 'CONFIG_1703'],
  ])('with %s is refused: %s', async (fields, code) => {
    await using folder = await tempFolder();
    const file = await folder.write(
      'plugboard.yaml',
      `plugins: [{ name: auth, transport: grpc, ${fields} }]\n`,
    );
    const building = Simple<string, string>().withConfig(file).build();
    await expect(building).rejects.toThrow(code);
  });
});
