import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasTool } from '../languages/tool.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { writeLog } from '../security/audit/logs.ts';
import { bin, plugboard } from './plugboard.ts';

describe('plugboard', () => {
  it('shows a page that one reads, and each command has its own', async () => {
    await using folder = await tempFolder();
    const help = await plugboard(folder.path, '--help');
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout.split('\n').length).toBeLessThan(40);
    for (const word of ['whitelist', 'config', 'audit', 'hash', 'explain', 'tail', 'Exit codes'])
      expect(help.stdout).toContain(word);
    expect((await plugboard(folder.path, 'whitelist', 'add', '--help')).stdout).toContain(
      '--interpreter <path>',
    );
  });

  it('knows its version', async () => {
    await using folder = await tempFolder();
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await plugboard(folder.path, '--version')).toEqual({
      exitCode: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
  });

  it('tells wrong use in one line, with exit code 2', async () => {
    await using folder = await tempFolder();
    for (const args of [
      ['whitelits'],
      ['hash'],
      ['hash', '--wrong'],
      ['audit', 'tail', 'log', '-n', '0'],
      ['audit', 'query', 'log', '--level', 'loud'],
      ['audit', 'query', 'log', '--since', 'noon'],
      ['audit', 'verify', 'log', '--key', 'k'],
      ['hash', 'a', 'b'],
    ]) {
      expect({ args, ...(await plugboard(folder.path, ...args)) }).toEqual({
        args,
        exitCode: 2,
        stdout: '',
        stderr: expect.stringMatching(/^error USAGE: [^\n]+ See plugboard --help\.\n$/) as string,
      });
    }
    expect(await plugboard(folder.path)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Usage: plugboard') as string,
    });
  });

  it('loads nothing but its own page for --help', () => {
    const loaded = ['main', 'program', 'whitelist', 'config', 'audit', 'top', 'failure'].map((name) =>
      readFileSync(bin.replace('main.js', `${name}.js`), 'utf8'),
    );
    const imports = loaded.flatMap((text) =>
      [...text.matchAll(/^(?:import|export) .*from '([^']+)'/gm)].map(([, name]) => name),
    );
    expect(imports.filter((name) => name?.startsWith('plugboard') || name?.includes('commands/'))).toEqual(
      [],
    );
  });

  it('ends quietly when its reader has seen enough', async () => {
    await using folder = await tempFolder();
    await writeLog(join(folder.path, 'audit.jsonl'), 20_000);
    const child = spawn(
      'sh',
      ['-c', '"$@" 2>stderr | head -n 1', 'sh', process.execPath, bin, 'audit', 'query', 'audit.jsonl'],
      { cwd: folder.path, stdio: 'ignore' },
    );
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(readFileSync(join(folder.path, 'stderr'), 'utf8')).toBe('');
  });
});

describe('plugboard hash', () => {
  it('prints the hash of a file as a whitelist has it', async () => {
    await using folder = await tempFolder();
    await folder.write('plugin', 'hello\n');
    const hash = `sha256:${createHash('sha256').update('hello\n').digest('hex')}`;
    expect(await plugboard(folder.path, 'hash', 'plugin')).toEqual({
      exitCode: 0,
      stdout: `${hash}  plugin\n`,
      stderr: '',
    });
    const json: unknown = JSON.parse((await plugboard(folder.path, '--json', 'hash', './plugin')).stdout);
    expect(json).toEqual({ path: 'plugin', hash, sizeBytes: 6 });
  });

  it('prints those of every file of a directory, in their order', async () => {
    await using folder = await tempFolder();
    await mkdir(join(folder.path, 'lib'));
    await folder.write('b', '1');
    await folder.write('a', '2');
    await folder.write('lib/c', '3');
    const { stdout } = await plugboard(folder.path, 'hash', '.');
    expect(stdout.split('\n').map((line) => line.slice(73))).toEqual(['a', 'b', 'lib/c', '']);
  });

  it.skipIf(process.platform !== 'linux' || !hasTool('script', '--version'))(
    'shows on a terminal how far it is, and leaves the line empty',
    async () => {
      await using folder = await tempFolder();
      await truncate(await folder.write('large', ''), 400 * 1024 * 1024);
      const command = `'${process.execPath}' '${bin}' hash large`;
      const terminal = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder.path });
      let shown = '';
      terminal.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
      await once(terminal, 'close');
      expect(shown).toMatch(/\rhashed \d+\.\d MiB\r/);
      expect(shown).toMatch(/\r +\rsha256:[0-9a-f]{64} {2}large\r\n$/);
    },
  );

  it('says what it does not trust, with exit code 3', async () => {
    await using folder = await tempFolder();
    await symlink('/etc/passwd', join(folder.path, 'link'));
    expect(await plugboard(folder.path, 'hash', 'link')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringMatching(/^error SECURITY_1805: /) as string,
    });
    expect(await plugboard(folder.path, 'hash', 'none')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringMatching(/^error SECURITY_1803: /) as string,
    });
  });
});
