import { existsSync } from 'node:fs';
import { appendFile, chmod, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Simple } from 'plugboard';
import { emailHooks } from 'plugboard/email';
import { subprocess } from 'plugboard/transports';
import { gatewayFile } from '../../../../examples/mail-gateway/config.ts';
import { managed } from '../../../support/managed.ts';
import { listed, type Listed } from '../../../security/listed.ts';
import { Client } from '../support/client.ts';
import { everybody, testGateway } from '../support/gateway.ts';

const serve = new URL('../../../../dist/transports/serve.js', import.meta.url).href;
/** A mail plugin that leaves a trace as soon as any of it runs. */
const program = (trace: string): string => `
import { writeFileSync } from 'node:fs';
import { serve } from '${serve}';
writeFileSync(${JSON.stringify(trace)}, 'ran');
await serve({ name: 'mail', version: '1.0.0', hooks: { 'connection.connect': () => ({ action: 'continue' }) } });
`;

/** What a mail server does that takes plugins from one folder and those of its list alone. */
async function start(host: Listed, file: string): Promise<void> {
  const security = { whitelist: host.file, pluginDirs: [join(host.folder, 'plugins')] };
  const source = subprocess(process.execPath, { args: [file] });
  await using _ = await managed(Simple(emailHooks).withSecurity(security).withPlugin('mail', source).build());
}

describe('scenario 17: a plugin that is replaced again and again', () => {
  const stamps = fileURLToPath(new URL('../programs/stamps.mjs', import.meta.url));
  const fileWith = (word: string) => ({
    plugins: [{ name: 'stamps', command: 'node', args: [stamps, word], reload_cooldown: '1h' }],
  });

  it('is replaced once in its cooldown, however many files come at once, and mail goes on', async () => {
    await using test = await testGateway([everybody], {}, fileWith('first'));
    const reload = (word: string): Promise<void> =>
      test.gateway.reload(gatewayFile({ gateway: { routes: test.routes }, ...fileWith(word) }));
    const ends = await Promise.allSettled(['second', 'third', 'fourth'].map(reload));
    expect(ends).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'PLUGIN_1213', plugin: 'stamps' } },
      { status: 'rejected', reason: { code: 'PLUGIN_1213', plugin: 'stamps' } },
    ]);
    using client = await Client.hello(test.port);
    expect(await client.send('ada@example.org', ['bob@example.net'])).toMatch(/^250 /);
    expect((await test.peer.next()).text).toContain('X-Stamp: second\r\n');
  });
});

describe('scenario 17: a plugin that is not what it should be', () => {
  const name = 'plugins/mail/main.mjs';

  it('runs where nothing is wrong with it', async () => {
    await using host = await listed();
    const trace = join(host.folder, 'trace');
    const file = await host.write(name, program(trace));
    await host.list({ mail: await host.pin(file) });
    await start(host, file);
    expect(existsSync(trace)).toBe(true);
  });

  it.each<[string, (host: Listed, file: string) => Promise<unknown>]>([
    ['that was changed', (_, file) => appendFile(file, '// one byte more')],
    ['that nobody listed', (host) => host.list({})],
    ['that others may write', (_, file) => chmod(file, 0o666)],
    ['in a folder that others may write', ({ folder }) => chmod(join(folder, 'plugins'), 0o777)],
    [
      'that is a link',
      async (_, file) => {
        await rename(file, `${file}.real`);
        await symlink(`${file}.real`, file);
      },
    ],
    [
      'behind a folder that leads elsewhere by now',
      async ({ folder }) => {
        await rename(join(folder, 'plugins/mail'), join(folder, 'elsewhere'));
        await symlink(join(folder, 'elsewhere'), join(folder, 'plugins/mail'));
      },
    ],
  ])('is refused before any of it runs: one %s', async (_, harm) => {
    await using host = await listed();
    const trace = join(host.folder, 'trace');
    const file = await host.write(name, program(trace));
    await host.list({ mail: await host.pin(file) });
    await harm(host, file);
    await expect(start(host, file)).rejects.toThrow(/SECURITY_18/);
    expect(existsSync(trace)).toBe(false);
  });

  it.each([
    ['outside.mjs', 'outside.mjs'],
    ['plugins/../outside.mjs', 'outside.mjs'],
    ['plugins/mail/main.txt', name],
  ])('is refused before any of it runs: one at %s where %s is listed', async (at, entry) => {
    await using host = await listed();
    const trace = join(host.folder, 'trace');
    await host.write(name, program(trace));
    await host.write(at, program(trace));
    await host.list({ mail: await host.pin(join(host.folder, entry)) });
    await expect(start(host, `${host.folder}/${at}`)).rejects.toThrow(/SECURITY_18/);
    expect(existsSync(trace)).toBe(false);
  });
});
