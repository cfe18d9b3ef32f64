import { execFileSync } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { tempFolder } from '../support/temp-folder.ts';

const env = {};

describe('a configuration file', () => {
  it.each([
    ['c.yaml', 'plugins: [a]'],
    ['c.YML', 'plugins: [a]'],
    ['c.json', '{ "plugins": ["a"] }'],
    ['c.toml', 'plugins = ["a"]'],
    ['bom.yaml', '\uFEFFplugins: [a]'],
    ['bom.json', '\uFEFF{ "plugins": ["a"] }'],
  ])('%s is read by its name', async (name, text) => {
    await using folder = await tempFolder();
    const config = await loadConfig(await folder.write(name, text), { env });
    expect(config.plugins.map((plugin) => plugin.name)).toEqual(['a']);
  });

  it('that cannot be read is refused with why', async () => {
    await using folder = await tempFolder();
    const file = (name: string): string => join(folder.path, name);
    await mkdir(file('folder.yaml'));
    execFileSync('mkfifo', [file('pipe.yaml')]);
    await folder.write('empty.yaml', ' \n');
    await folder.write('binary.yaml', Buffer.from([0xff, 0xfe]));
    await folder.write('large.yaml', 'a'.repeat(101));
    await folder.write('c.ini', 'a');
    const refused = (name: string, code: string, words: string): Promise<void> =>
      expect(loadConfig(file(name), { env, maxBytes: 100 })).rejects.toMatchObject({
        code,
        message: expect.stringContaining(words) as string,
      });
    await refused('missing.yaml', 'CONFIG_1701', 'there is no file');
    await refused('folder.yaml', 'CONFIG_1706', 'is no regular file');
    await refused('pipe.yaml', 'CONFIG_1706', 'is no regular file');
    await refused('empty.yaml', 'CONFIG_1706', 'is empty');
    await refused('binary.yaml', 'CONFIG_1706', 'is not UTF-8 text');
    await refused('large.yaml', 'CONFIG_1706', 'over the limit of 100 bytes');
    await refused('c.ini', 'CONFIG_1706', 'its format is not known');
    await refused('nul\0.yaml', 'CONFIG_1705', 'nul\\u0000.yaml');
    await refused(`${'x'.repeat(5000)}.yaml`, 'CONFIG_1705', 'at most 4,095');
    await expect(loadConfig('')).rejects.toMatchObject({ code: 'CONFIG_1705' });
  });

  it.skipIf(process.getuid?.() === 0)('that may not be read is refused with that', async () => {
    await using folder = await tempFolder();
    const path = await folder.write('c.yaml', 'plugins: [a]');
    await chmod(path, 0o000);
    await expect(loadConfig(path, { env })).rejects.toMatchObject({ code: 'CONFIG_1707' });
  });

  it('names itself and the place in an error', async () => {
    await using folder = await tempFolder();
    const path = await folder.write('c.yaml', 'plugins: [a]\ntimeot: 1');
    await expect(loadConfig(path, { env })).rejects.toThrow(
      `${path}:2:1: timeot: unknown key; did you mean 'timeout'?`,
    );
  });
});

describe('the example in docs/configuration.md', () => {
  it('loads', async () => {
    await using folder = await tempFolder();
    const page = readFileSync(fileURLToPath(new URL('../../docs/configuration.md', import.meta.url)), 'utf8');
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const text = yaml.replace('/run/secrets/payment-key', await folder.write('key', 'k'));
    expect(parseConfig(text, { format: 'yaml', env }).plugins.map(({ name }) => name)).toEqual([
      'auth',
      'payment',
    ]);
  });
});
