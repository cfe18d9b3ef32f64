import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  addToWhitelist,
  createWhitelist,
  readWhitelist,
  removeFromWhitelist,
  setEnabledInWhitelist,
} from 'plugboard/security';
import { withLock } from '../../../security/whitelist/lock.ts';
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts';

const hash = `sha256:${'ab'.repeat(32)}`;
const other = `sha256:${'cd'.repeat(32)}`;

const yaml = `# ours
version: "1.0"   # the form

plugins:
  # signs people in
  - name: auth
    path: ./auth   # where it is
    hash: ${hash}
    metadata: { owner: ada }

  - name: score
    path: ./score
    hash: ${hash}
# the end
`;

/** What the lock of a whitelist holds while it is changed. */
async function lockedMark(file: string): Promise<string> {
  return withLock(file, () => readFile(join(dirname(file), '.plugins.whitelist.lock'), 'utf8'));
}

/** As a process leaves it that is killed while it writes. */
async function leaveLock(folder: TempFolder, file: string): Promise<void> {
  const killed = spawnSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' });
  const mark = (await lockedMark(file)).replace(/-\d+-/, `-${killed.stdout.trim()}-`);
  await writeFile(join(folder.path, '.plugins.whitelist.lock'), mark);
}

describe('editing a whitelist', () => {
  it('begins with an empty one, which is not written over', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'plugins.whitelist');
    await createWhitelist(file);
    expect((await readWhitelist(file)).entries.size).toBe(0);
    await expect(createWhitelist(file)).rejects.toThrow('there is a file already');
    await addToWhitelist(file, 'auth', { path: './auth', hash });
    expect(await readFile(file, 'utf8')).toMatch(/plugins:\n {2}- name: auth\n {4}path: \.\/auth\n/);
  });

  it('begins over no file that is there, whatever it is', async () => {
    await using folder = await tempFolder();
    const shared = await folder.write('shared', 'plugins: []\n');
    await chmod(shared, 0o666);
    const binary = await folder.write('binary', Buffer.from([0xff, 0xfe]));
    const link = join(folder.path, 'link');
    await symlink(join(folder.path, 'nothing'), link);
    for (const file of [shared, binary, link])
      await expect(createWhitelist(file)).rejects.toThrow('there is a file already');
    expect([await readFile(shared, 'utf8'), (await readFile(binary)).length]).toEqual(['plugins: []\n', 2]);
  });

  it('keeps comments and order', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('plugins.whitelist', yaml);
    await addToWhitelist(file, 'auth', { path: './auth', hash: other });
    await setEnabledInWhitelist(file, 'score', false);
    const text = await readFile(file, 'utf8');
    for (const comment of ['# ours', '# the form', '# signs people in', '# the end'])
      expect(text).toContain(comment);
    expect([...(await readWhitelist(file)).entries.values()]).toMatchObject([
      { name: 'auth', enabled: true, pins: { sha256: other.slice(7) }, metadata: { owner: 'ada' } },
      { name: 'score', enabled: false },
    ]);
    await removeFromWhitelist(file, 'auth');
    expect([...(await readWhitelist(file)).entries.keys()]).toEqual(['score']);
    expect(await readFile(file, 'utf8')).toContain('# the end');
  });

  it('leaves nothing of what an entry pinned before', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('plugins.whitelist', yaml);
    await addToWhitelist(file, 'auth', { path: './auth', entry: 'main.py', files: { 'main.py': hash } });
    await addToWhitelist(file, 'auth', { path: './auth.sh', hash });
    expect(await readFile(file, 'utf8')).not.toContain('main.py');
  });

  it('keeps JSON what it is, also in the map form', async () => {
    await using folder = await tempFolder();
    const file = await folder.write(
      'plugins.json',
      JSON.stringify({ plugins: { auth: { file_path: 'a', hash } } }),
    );
    await addToWhitelist(file, 'score', { path: './score', hash });
    await setEnabledInWhitelist(file, 'auth', false);
    await addToWhitelist(file, 'auth', { path: './b', hash });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      plugins: { auth: { path: './b', hash, enabled: false }, score: { path: './score', hash } },
    });
  });

  it('changes nothing when the result would be wrong, or there is nothing to change', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('plugins.whitelist', yaml);
    await expect(addToWhitelist(file, 'new', { path: '../new', hash })).rejects.toMatchObject({
      code: 'SECURITY_1802',
    });
    await expect(addToWhitelist(file, 'no name', { path: './new', hash })).rejects.toThrow('no plugin name');
    await expect(removeFromWhitelist(file, 'nobody')).rejects.toThrow('it has no such plugin');
    await expect(setEnabledInWhitelist(file, 'nobody', true)).rejects.toThrow('it has no such plugin');
    expect(await readFile(file, 'utf8')).toBe(yaml);
    expect(await readdir(folder.path)).toEqual(['plugins.whitelist']);
  });

  it('keeps mode and link, and replaces the file as a whole', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('real.whitelist', yaml);
    await chmod(file, 0o600);
    const link = join(folder.path, 'plugins.whitelist');
    await symlink('real.whitelist', link);
    const before = await stat(file);
    await setEnabledInWhitelist(link, 'auth', false);
    const after = await stat(file);
    expect(after.ino).not.toBe(before.ino);
    expect(after.mode & 0o777).toBe(0o600);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
  });

  it('does not wait for a process that was killed while it wrote', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('plugins.whitelist', yaml);
    await leaveLock(folder, file);
    await setEnabledInWhitelist(file, 'auth', false);
    expect((await readWhitelist(file)).entries.get('auth')?.enabled).toBe(false);
  });

  it.each(['', ', also where one was killed before'])(
    'loses no change when many write at once%s',
    async (killed) => {
      await using folder = await tempFolder();
      const file = await folder.write('plugins.whitelist', 'plugins: []\n');
      if (killed !== '') await leaveLock(folder, file);
      const names = Array.from({ length: 20 }, (_, at) => `plugin-${at}`);
      await Promise.all(names.map((name) => addToWhitelist(file, name, { path: './a', hash })));
      expect([...(await readWhitelist(file)).entries.keys()].toSorted()).toEqual(names.toSorted());
      expect(await readdir(folder.path)).toEqual(['plugins.whitelist']);
    },
  );
});
