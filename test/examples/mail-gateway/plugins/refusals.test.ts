import { existsSync } from 'node:fs';
import { appendFile, chmod, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Simple } from 'plugboard';
import { emailHooks } from 'plugboard/email';
import { subprocess } from 'plugboard/transports';
import { managed } from '../../../support/managed.ts';
import { listed, type Listed } from '../../../security/listed.ts';

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
