import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { plugboard } from './plugboard.ts';

/** A folder with a plugin of one file and one of a directory. */
async function pluginFolder(): Promise<TempFolder> {
  const folder = await tempFolder();
  await mkdir(join(folder.path, 'plugins/score/lib'), { recursive: true });
  await folder.write('plugins/auth', '#!/bin/sh\necho hello\n', 0o755);
  await folder.write('plugins/score/main.py', 'print(1)\n');
  await folder.write('plugins/score/lib/words.py', 'words = []\n');
  return folder;
}

describe('plugboard whitelist', () => {
  it('lets a stranger whitelist a plugin with three commands, and sees it tampered with', async () => {
    await using folder = await pluginFolder();
    const at = (...args: string[]) => plugboard(folder.path, 'whitelist', ...args);
    expect(await at('init')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await at('add', 'auth', './plugins/auth')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await at('verify')).toEqual({ exitCode: 0, stdout: 'auth: would run\n', stderr: '' });
    await appendFile(join(folder.path, 'plugins/auth'), 'rm -rf /\n');
    const after = await at('verify');
    expect(after).toMatchObject({ exitCode: 1, stderr: '' });
    expect(after.stdout).toMatch(/^auth: would be refused\n {2}SECURITY_1803 hash_mismatch: /);
  });

  it('keeps comments and order, and writes paths relative to the file', async () => {
    await using folder = await pluginFolder();
    const file = await folder.write('plugins.whitelist', '# ours\nversion: "1.0" # since May\nplugins: []\n');
    const at = (...args: string[]) => plugboard(folder.path, 'whitelist', ...args);
    await at(
      'add',
      'score',
      'plugins/score',
      '--entry',
      'main.py',
      '--type',
      'subprocess',
      '--max-bytes',
      '5000',
    );
    await at('add', 'mail', '--endpoint', 'mail:50051', '--certificate', 'a'.repeat(64));
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^# ours\nversion: "1\.0" # since May\nplugins:\n/);
    expect(text).toContain('path: ./plugins/score');
    expect(text).toMatch(/lib\/words\.py: sha256:[0-9a-f]{64}/);
    const listed = JSON.parse((await at('list', '--json')).stdout) as { plugins: { name: string }[] };
    expect(listed.plugins.map(({ name }) => name)).toEqual(['score', 'mail']);
    expect((await at('list')).stdout).toMatch(
      /^score +enabled +subprocess +2 files +.*plugins\/score\nmail +enabled +any +endpoint +mail:50051\n$/,
    );
  });

  it('disables, enables and removes', async () => {
    await using folder = await pluginFolder();
    const at = (...args: string[]) => plugboard(folder.path, 'whitelist', '--file', 'other.yaml', ...args);
    await at('init');
    await at('add', 'auth', 'plugins/auth');
    expect((await at('disable', 'auth')).stdout).toBe('disabled auth in other.yaml\n');
    expect(await at('explain', 'auth')).toMatchObject({ exitCode: 1 });
    expect(await at('verify')).toMatchObject({ exitCode: 0, stdout: 'other.yaml lets no plugin run\n' });
    await at('enable', 'auth');
    expect(await at('explain', 'auth')).toMatchObject({ exitCode: 0, stdout: 'auth: would run\n' });
    expect(await at('remove', 'auth')).toMatchObject({ exitCode: 0 });
    expect((await at('list')).stdout).toBe('other.yaml names no plugin\n');
    expect(await at('remove', 'auth')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/^error SECURITY_1802: .*no such plugin/) as string,
    });
  });

  it('pins the interpreter of a script, at the place its links lead to', async () => {
    await using folder = await pluginFolder();
    const at = (...args: string[]) => plugboard(folder.path, 'whitelist', ...args);
    await at('init');
    const added = await at(
      'add',
      'score',
      'plugins/score/main.py',
      '--interpreter',
      process.execPath,
      '--json',
    );
    const { entry } = JSON.parse(added.stdout) as { entry: { interpreter: object } };
    expect(entry.interpreter).toEqual({
      path: expect.stringContaining('node') as string,
      hash: expect.stringMatching(/^sha256:/) as string,
    });
    expect(await at('verify')).toMatchObject({ exitCode: 0 });
  });

  it('explains as JSON why a plugin would be refused', async () => {
    await using folder = await pluginFolder();
    const at = (...args: string[]) => plugboard(folder.path, 'whitelist', ...args);
    await at('init');
    await at('add', 'auth', 'plugins/auth');
    await chmod(join(folder.path, 'plugins/auth'), 0o777);
    const { exitCode, stdout } = await at('explain', 'auth', '--json');
    expect(exitCode).toBe(1);
    const verdict: unknown = JSON.parse(stdout);
    expect(verdict).toMatchObject({ name: 'auth', wouldRun: false, violations: [{ code: 'SECURITY_1805' }] });
    const unknown: unknown = JSON.parse((await at('explain', 'nobody', '--json')).stdout);
    expect(unknown).toMatchObject({ violations: [{ kind: 'plugin_not_whitelisted' }] });
  });

  it('changes nothing when it cannot do what it is asked', async () => {
    await using folder = await pluginFolder();
    const at = (...args: string[]) => plugboard(folder.path, 'whitelist', ...args);
    expect(await at('add', 'auth', 'plugins/auth')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('plugboard whitelist init') as string,
    });
    await at('init');
    const file = join(folder.path, 'plugins.whitelist');
    const before = await readFile(file, 'utf8');
    const wrong: [number, string, string[]][] = [
      [3, 'SECURITY_1802', ['init']],
      [3, 'SECURITY_1803', ['add', 'auth', 'plugins/none']],
      [2, 'USAGE', ['add', 'auth']],
      [2, 'USAGE', ['add', 'score', 'plugins/score']],
      [2, 'USAGE', ['add', 'auth', 'plugins/auth', '--entry', 'x']],
      [2, 'USAGE', ['add', 'auth', 'plugins/auth', '--max-bytes', 'many']],
      [3, 'SECURITY_1802', ['add', '../evil', 'plugins/auth']],
      [3, 'SECURITY_1802', ['add', 'score', 'plugins/score', '--entry', 'none.py']],
    ];
    for (const [exitCode, code, args] of wrong) {
      const ran = await at(...args);
      expect({ args, ...ran }).toEqual({
        args,
        exitCode,
        stdout: '',
        stderr: expect.stringMatching(new RegExp(`^error ${code}: [^\n]+\n$`)) as string,
      });
    }
    expect(await readFile(file, 'utf8')).toBe(before);
    await writeFile(file, 'version: [\n');
    expect(await at('list', '--json')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringMatching(/^\{"error":\{"code":"SECURITY_1802"/) as string,
    });
  });
});
