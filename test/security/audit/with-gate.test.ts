import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Simple } from 'plugboard';
import { addToWhitelist, auditLog, createWhitelist, pinPath, verifyAuditLog } from 'plugboard/security';
import { subprocess } from 'plugboard/transports';
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoChildren } from '../../support/processes.ts';
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { recordsOf } from './logs.ts';

afterEach(expectNoChildren);

const host = Simple<{ n: number }, { n: number }>();

/** A folder with a program that is whitelisted under one name. */
async function guarded(): Promise<{ folder: TempFolder; plugin: string; whitelist: string; file: string }> {
  const folder = await tempFolder();
  const script = '#!/bin/sh\nwhile read -r line; do echo "{\\"id\\":\\"1\\",\\"result\\":{}}"; done\n';
  const plugin = await folder.write('plugin.sh', script, 0o755);
  const whitelist = join(folder.path, 'plugins.whitelist');
  await createWhitelist(whitelist);
  const { hash } = await pinPath(plugin);
  await addToWhitelist(whitelist, 'known', { path: './plugin.sh', ...(hash !== undefined && { hash }) });
  return { folder, plugin, whitelist, file: join(folder.path, 'audit.jsonl') };
}

describe('a whitelist with an audit log', () => {
  it('has every refusal in the log before the host hears of it, and what it allowed', async () => {
    const { folder, plugin, whitelist, file } = await guarded();
    await using _ = folder;
    const building = host
      .withPlugin('known', subprocess(plugin, { protocol: 'go-plugins' }))
      .withPlugin('stranger', subprocess(plugin, { protocol: 'go-plugins' }))
      .withSecurity({ whitelist, audit: { sink: auditLog(file), logAuthorized: true } })
      .build();
    await expect(building).rejects.toThrow('SECURITY_1802');
    const records = await recordsOf(file);
    expect(records).toContainEqual(expect.objectContaining({ event: 'plugin_rejected', plugin: 'stranger' }));
    expect(records).toContainEqual(expect.objectContaining({ event: 'plugin_authorized', plugin: 'known' }));
    expect(records.at(-1)).toMatchObject({ event: 'log_closed' });
    expect(await verifyAuditLog(file)).toMatchObject({ ok: true });
  });

  it('starts nothing under a strict policy when the log was taken away', async () => {
    const { folder, plugin, whitelist, file } = await guarded();
    await using _ = folder;
    const manager = await host
      .withPlugin('known', subprocess(plugin, { protocol: 'go-plugins' }))
      .withSecurity({ whitelist, audit: { sink: auditLog(file), logAuthorized: true } })
      .build();
    await rename(file, join(folder.path, 'gone'));
    const replacing = manager.replace('known', subprocess(plugin, { protocol: 'go-plugins' }));
    await expect(replacing).rejects.toMatchObject({ code: 'SECURITY_1806' });
    await manager.shutdown();
  });
});
