import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseWhitelist } from 'plugboard/security';
import { tempFolder } from '../support/temp-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/security.md'), 'utf8');

const blocks = [...page.matchAll(/^```(\w+)(?: title=(\S+))?\n(.*?)^```$/gms)].map(
  ([, language, title, text]) => ({
    language,
    title,
    text: text ?? '',
  }),
);
const commands = (blocks.find(({ language }) => language === 'sh')?.text ?? '').trim().split('\n');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a line as a stranger does in a shell; `npx` would ask a registry for what is not published. */
function shell(line: string, cwd: string): Promise<Ended> {
  const command = line.replaceAll('npx plugboard', `${process.execPath} ${join(root, 'dist/cli/main.js')}`);
  return new Promise((resolve) => {
    execFile('sh', ['-c', command], { cwd }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('docs/security.md', () => {
  it('has three commands that let a plugin run, and refuse it once it was tampered with', async () => {
    await using folder = await tempFolder();
    await mkdir(join(folder.path, 'node_modules'));
    await symlink(root, join(folder.path, 'node_modules', 'plugboard'));
    for (const { title, text } of blocks) if (title !== undefined) await folder.write(title, text);
    const [list = '', run = '', tamper = ''] = commands;
    expect(commands).toHaveLength(3);
    expect((await shell(list, folder.path)).code).toBe(0);
    expect(await shell(run, folder.path)).toEqual({ code: 0, stdout: 'Hello, Ada!\n', stderr: '' });
    const tampered = await shell(tamper, folder.path);
    expect(tampered.code).toBe(1);
    expect(tampered.stdout).toBe('');
    expect(tampered.stderr).toContain(
      "[SECURITY_1803] plugin 'greet': greet.mjs is not what was whitelisted",
    );
  });

  it('shows a whitelist that is one', async () => {
    const text = blocks.find(({ language }) => language === 'yaml')?.text ?? '';
    const { entries } = await parseWhitelist(text, '/etc/plugins.whitelist');
    expect([...entries.keys()]).toEqual(['auth', 'score', 'directory']);
  });
});
