import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWhitelist } from 'plugboard/security';
import { tempFolder } from '../../support/temp-folder.ts';

const text = 'plugins: []\n';

describe.skipIf(process.platform === 'win32')('a whitelist', () => {
  it.each([
    ['in a folder that others may write', 'shared/plugins.whitelist'],
    ['below one', 'shared/own/plugins.whitelist'],
    ['that a link there leads to', 'shared/link'],
    ['behind a link to there', 'link'],
  ])('is not trusted %s: they could put another in its place', async (_where, name) => {
    await using folder = await tempFolder();
    const shared = join(folder.path, 'shared');
    await mkdir(join(shared, 'own'), { recursive: true });
    for (const file of ['elsewhere', 'shared/plugins.whitelist', 'shared/own/plugins.whitelist'])
      await folder.write(file, text);
    await symlink(join(folder.path, 'elsewhere'), join(shared, 'link'));
    await symlink(join(shared, 'plugins.whitelist'), join(folder.path, 'link'));
    const file = join(folder.path, name);
    expect((await readWhitelist(file)).entries.size).toBe(0);
    await chmod(shared, 0o777);
    await expect(readWhitelist(file)).rejects.toMatchObject({
      code: 'SECURITY_1805',
      rawMessage: expect.stringContaining('shared can be written by others') as string,
    });
  });
});
