import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scan, type ScanOptions, type ScanResult } from '../../src/discovery/scan.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A folder with a manifest at each path; a string is written as it is. */
async function folderWith(
  files: Readonly<Record<string, object | string>>,
): Promise<Awaited<ReturnType<typeof tempFolder>>> {
  const folder = await tempFolder();
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder.path, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

const plugin = (name: string, more: object = {}): object => ({
  name,
  version: '1.0.0',
  command: './run',
  ...more,
});
const names = ({ found }: ScanResult): string[] => found.map(({ name }) => name);

async function namesIn(
  files: Record<string, object | string>,
  options: Partial<ScanOptions> = {},
): Promise<string[]> {
  await using folder = await folderWith(files);
  return names(await scan({ directories: [folder.path], ...options }));
}

describe('a scan', () => {
  it('finds manifests in folders of their own, and named ones, in the order of their paths', async () => {
    const files = {
      'b/plugin.json': plugin('b'),
      'a/plugin.json': plugin('a'),
      'c.plugin.json': plugin('c'),
      'd/package.json': plugin('not'),
      'e/deep/er/plugin.json': plugin('e'),
    };
    expect(await namesIn(files)).toEqual(['a', 'b', 'c', 'e']);
  });

  it.each([
    [0, ['root']],
    [1, ['a', 'root']],
    [2, ['a', 'b', 'root']],
    [5, ['a', 'b', 'c', 'root']],
  ])('goes %i folders deep', async (maxDepth, expected) => {
    const files = {
      'plugin.json': plugin('root'),
      '1/plugin.json': plugin('a'),
      '1/2/plugin.json': plugin('b'),
      '1/2/3/plugin.json': plugin('c'),
    };
    expect((await namesIn(files, { maxDepth })).toSorted()).toEqual(expected);
  });

  it.each([
    [['*-plugin'], ['auth', 'mail']],
    [['auth*'], ['auth']],
    [['{auth,tool}*'], ['auth', 'tool']],
    [['plugin.json'], ['auth', 'mail', 'tool']],
    [['none', '????'], ['tool']],
  ])('takes those whose folder or file fits %o', async (patterns, expected) => {
    const files = {
      'auth-plugin/plugin.json': plugin('auth'),
      'mail-plugin/plugin.json': plugin('mail'),
      'tool/plugin.json': plugin('tool'),
    };
    expect(await namesIn(files, { patterns })).toEqual(expected);
  });

  it.each([
    [['node_modules'], ['a', 'b']],
    [['x/**'], ['a', 'dep']],
    [['**/node_modules', 'a'], ['b']],
  ])('does not look at what fits %o', async (exclude, expected) => {
    const files = {
      'a/plugin.json': plugin('a'),
      'node_modules/dep/plugin.json': plugin('dep'),
      'x/b/plugin.json': plugin('b'),
    };
    expect(await namesIn(files, { exclude })).toEqual(expected);
  });

  it('takes only plugins that can what is asked for', async () => {
    const files = {
      'a/plugin.json': plugin('a', { capabilities: ['score', 'learn'] }),
      'b/plugin.json': plugin('b', { capabilities: ['score'] }),
      'c/plugin.json': {
        name: 'c',
        version: '1.0.0',
        transport: 'grpc-tls',
        endpoint: 'x:1',
        capabilities: ['score', 'learn'],
      },
    };
    expect(await namesIn(files, { requiredCapabilities: ['score', 'learn'] })).toEqual(['a', 'c']);
    expect(await namesIn(files, { allowedTransports: ['exec'] })).toEqual(['a', 'b']);
    expect(await namesIn(files, { allowedTransports: ['grpc-tls'] })).toEqual(['c']);
  });

  it('gives paths that hold wherever the process goes', async () => {
    await using folder = await folderWith({
      'a/plugin.json': plugin('a', { args: ['main.py'] }),
      'b/plugin.json': { name: 'b', version: '1.0.0', command: 'python3' },
      'c/plugin.json': { name: 'c', version: '1.0.0', file: 'lib/index.js' },
    });
    const { found } = await scan({ directories: [relative(process.cwd(), folder.path)] });
    expect(found.map(({ source }) => source)).toMatchObject([
      {
        kind: 'subprocess',
        command: join(folder.path, 'a/run'),
        args: ['main.py'],
        cwd: join(folder.path, 'a'),
      },
      { kind: 'subprocess', command: 'python3', cwd: join(folder.path, 'b') },
      { kind: 'worker', file: join(folder.path, 'c/lib/index.js') },
    ]);
    expect(found[0]?.manifestPath).toBe(join(folder.path, 'a/plugin.json'));
  });
});

describe('what is wrong', () => {
  it('is reported and passed over', async () => {
    await using folder = await folderWith({
      'bad/plugin.json': '{',
      'escape/plugin.json': plugin('escape', { command: '../../bin/sh' }),
      'absolute/plugin.json': plugin('absolute', { command: '/bin/sh' }),
      'good/plugin.json': plugin('good', { licence: 'MIT' }),
      'twin/plugin.json': plugin('good'),
    });
    execFileSync('mkfifo', [join(folder.path, 'pipe.plugin.json')]);
    const missing = join(folder.path, 'missing');
    const result = await scan({ directories: [folder.path, missing, folder.path] });
    expect(names(result)).toEqual(['good']);
    const of = (path: string): string[] =>
      result.problems
        .filter((one) => one.path.startsWith(join(folder.path, path)))
        .map(({ severity, message }) => `${severity} ${message}`);
    expect(of('bad')).toEqual([expect.stringContaining('not valid JSON')]);
    expect(of('escape')).toEqual([expect.stringContaining("'../../bin/sh', which is outside its folder")]);
    expect(of('absolute')).toEqual([expect.stringContaining('outside its folder')]);
    expect(of('good')).toEqual(["warning unknown key 'licence'; did you mean 'license'?"]);
    expect(of('twin')).toEqual([expect.stringContaining("a plugin 'good' was found at")]);
    expect(of('missing')).toEqual([expect.stringMatching(/^error cannot be looked at: ENOENT/)]);
    expect(result.problems).toHaveLength(6);
  });
});

describe('links', () => {
  it('are not followed, unless asked for, and never in a circle', async () => {
    await using folder = await folderWith({
      'elsewhere/a/plugin.json': plugin('a'),
      'here/b/plugin.json': plugin('b'),
    });
    const here = join(folder.path, 'here');
    await symlink(join(folder.path, 'elsewhere'), join(here, 'link'));
    await symlink(here, join(here, 'circle'));
    await symlink(join(folder.path, 'nowhere'), join(here, 'broken'));
    expect(names(await scan({ directories: [here] }))).toEqual(['b']);
    const followed = await scan({ directories: [here], followSymlinks: true });
    expect(names(followed)).toEqual(['b', 'a']);
    expect(followed.problems).toEqual([]);
  });
});

describe('a scan that is given up', () => {
  it('rejects with the reason', async () => {
    await using folder = await folderWith({ 'a/plugin.json': plugin('a') });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(scan({ directories: [folder.path], signal })).rejects.toThrow('enough');
  });
});
