import {
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Launch } from 'plugboard';
import { pinPath } from 'plugboard/security';
import {
  kindsOf,
  listed,
  moduleLaunch,
  program,
  refusalOf,
  scoredBy,
  sha256,
  type Entry,
} from '../listed.ts';

const good = '#!/bin/sh\necho good "$@"\n';
const evil = '#!/bin/sh\necho evil "$@"\n';
const scored = (more: Entry = {}) => scoredBy(good, more);
const isRoot = process.getuid?.() === 0;

const run = (launch: Launch): string => {
  if (launch.kind !== 'program') throw new Error('no program');
  return execFileSync(launch.command, [...launch.args], { cwd: launch.cwd, encoding: 'utf8' });
};

describe('a verified start', () => {
  it('runs a private copy of what was hashed, and removes it when the plugin has ended', async () => {
    const { host, file, gate } = await scored();
    await using _ = host;
    const admission = await gate.admit('score', program(file, ['x']));
    const { launch } = admission;
    const copy = launch.kind === 'program' ? launch.command : '';
    expect(basename(copy)).toBe('score.sh');
    expect(dirname(copy)).not.toBe(dirname(file));
    const [own, folder] = await Promise.all([stat(copy), stat(dirname(copy))]);
    expect([own.mode & 0o777, folder.mode & 0o777]).toEqual([0o500, 0o700]);
    await writeFile(file, evil);
    expect(run(launch)).toBe('good x\n');
    await admission.release();
    await expect(stat(copy)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('looks again at every start', async () => {
    const { host, file, gate } = await scored();
    await using _ = host;
    await (await gate.admit('score', program(file))).release();
    await writeFile(file, evil);
    expect(kindsOf(await refusalOf(gate, program(file)))).toEqual(['hash_mismatch']);
    await writeFile(file, good);
    await (await gate.admit('score', program(file))).release();
  });

  it('says what it expected and what it found', async () => {
    const { host, file, gate } = await scored();
    await using _ = host;
    await writeFile(file, evil);
    const error = await refusalOf(gate, program(file));
    expect(error).toMatchObject({ code: 'SECURITY_1803', plugin: 'score' });
    expect(error.context).toMatchObject({ violations: [{ expected: sha256(good), actual: sha256(evil) }] });
  });

  it('tells a lazy plugin from the one that was listed, without starting or keeping anything', async () => {
    const { host, file, gate } = await scored();
    await using _ = host;
    await gate.check('score', program(file));
    await writeFile(file, evil);
    await expect(gate.check('score', program(file))).rejects.toMatchObject({ code: 'SECURITY_1803' });
  });

  it('leaves no store behind when the gate is closed', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const storeDir = join(host.folder, 'store');
    const gate = await host.gate({ storeDir });
    await gate.admit('score', program(file));
    expect(await readdir(storeDir)).toHaveLength(1);
    await gate.close();
    expect(await readdir(storeDir)).toEqual([]);
  });
});

describe('a file that is not what it should be', () => {
  const refusedAfter = async (harm: (file: string, folder: string) => Promise<unknown>) => {
    const { host, file, gate } = await scored();
    await using _ = host;
    await harm(file, host.folder);
    const error = await refusalOf(gate, program(file));
    return { code: error.code, kinds: kindsOf(error), message: error.rawMessage };
  };

  it.each([
    ['is gone', (file: string) => rm(file), /is not there/, 'SECURITY_1803'],
    [
      'is a directory',
      async (file: string) => (await rm(file), mkdir(file)),
      /is a directory/,
      'SECURITY_1805',
    ],
    [
      'is a link',
      async (file: string) => (await rename(file, `${file}.real`), symlink(`${file}.real`, file)),
      /symbolic link/,
      'SECURITY_1805',
    ],
    ['has a second name', (file: string) => link(file, `${file}.2`), /2 names/, 'SECURITY_1805'],
    [
      'can be written by its group',
      (file: string) => chmod(file, 0o775),
      /written by others; chmod go-w/,
      'SECURITY_1805',
    ],
    ['can be written by all', (file: string) => chmod(file, 0o757), /written by others/, 'SECURITY_1805'],
    ['runs as its owner', (file: string) => chmod(file, 0o4755), /runs as another user/, 'SECURITY_1805'],
    [
      'lies in a folder that others write',
      (file: string) => chmod(dirname(file), 0o777),
      /written by others/,
      'SECURITY_1805',
    ],
    [
      'lies below a folder that others write',
      (_file: string, folder: string) => chmod(folder, 0o770),
      /written by others/,
      'SECURITY_1805',
    ],
    [
      'lies behind a linked folder',
      async (file: string) => (
        await rename(dirname(file), `${dirname(file)}2`),
        symlink(`${dirname(file)}2`, dirname(file))
      ),
      /reached through a symbolic link/,
      'SECURITY_1805',
    ],
    ['is empty', (file: string) => writeFile(file, ''), /does not begin as a program/, 'SECURITY_1805'],
  ] as const)('is refused when it %s', async (_what, harm, message, code) => {
    const refused = await refusedAfter(harm);
    expect(refused.message).toMatch(message);
    expect(refused.kinds).toEqual(['hash_mismatch']);
    expect(refused.code).toBe(code);
  });

  it('is refused when it is a pipe, without waiting for its writer', async () => {
    const refused = await refusedAfter(
      async (file) => (await rm(file), execFileSync('mkfifo', ['-m', '755', file])),
    );
    expect(refused.message).toMatch(/no regular file/);
  });

  it.runIf(isRoot)('is refused when it belongs to another user', async () => {
    const refused = await refusedAfter((file) => chown(file, 65534, 65534));
    expect(refused.message).toMatch(/belongs to another user \(65534\)/);
  });

  it('is refused when it is larger than its entry allows, and is not even read', async () => {
    await using host = await listed();
    const file = await host.write('big.sh', `#!/bin/sh\n${'#'.repeat(1024 * 1024)}`, 0o755);
    await host.list({ score: { ...(await host.pin(file)), maxFileSizeBytes: 512 * 1024 } });
    const error = await refusalOf(await host.gate(), program(file));
    expect(kindsOf(error)).toEqual(['file_size_exceeded']);
    expect(error.rawMessage).toContain('1048586 bytes, more than the 524288 that are allowed');
  });

  it('is refused when it is larger than the whitelist allows for all', async () => {
    const { host, file } = await scored();
    await using _ = host;
    await host.list({ score: await host.pin(file) }, { constraints: { maxFileSizeBytes: 5 } });
    expect(kindsOf(await refusalOf(await host.gate(), program(file)))).toEqual(['file_size_exceeded']);
  });

  it('is refused when it is no program, which a shell would run', async () => {
    await using host = await listed();
    const file = await host.write('plugin', 'echo evil\n', 0o755);
    await host.list({ score: await host.pin(file) });
    expect((await refusalOf(await host.gate(), program(file))).rawMessage).toContain(
      'does not begin as a program does',
    );
  });
});

describe('a plugin that an interpreter runs', () => {
  it('runs as a copy: the argument is another then', async () => {
    const { host, file, gate } = await scored();
    await using _ = host;
    const admission = await gate.admit('score', program('sh', [file, 'a', file]));
    const { launch } = admission;
    await writeFile(file, evil);
    if (launch.kind !== 'program') throw new Error('no program');
    expect(launch.command).toMatch(/^\/(usr\/)?bin\/sh$/);
    expect(launch.args[2]).toBe(launch.args[0]);
    expect(run(launch)).toBe(`good a ${launch.args[0]}\n`);
    await admission.release();
  });

  it('is found by a path relative to its working directory', async () => {
    const { host, gate } = await scored();
    await using _ = host;
    const admission = await gate.admit('score', program('sh', ['plugins/score.sh'], { cwd: host.folder }));
    const { launch } = admission;
    expect(run(launch)).toBe('good\n');
    await admission.release();
  });

  it.each([
    ['another script', ['plugins/other.sh']],
    ['text', ['-c', 'echo evil', 'plugins/score.sh']],
    ['a script loaded before it', ['-r', './plugins/other.sh', 'plugins/score.sh']],
    ['its input', ['-s']],
    ['nothing', []],
  ])('is refused when %s would run', async (_what, args) => {
    const { host, gate } = await scored();
    await using _ = host;
    await host.write('plugins/other.sh', evil, 0o755);
    const error = await refusalOf(gate, program('sh', args, { cwd: host.folder }));
    expect(kindsOf(error)).toEqual(['plugin_not_whitelisted']);
  });

  it('may have the options that its entry lists, word by word', async () => {
    const { host, file, gate } = await scored({ interpreter: { args: ['-e', '-u'] } });
    await using _ = host;
    await (await gate.admit('score', program('sh', ['-e', '-u', file]))).release();
    expect((await refusalOf(gate, program('sh', [file]))).rawMessage).toContain("preceded by '-e -u'");
    await refusalOf(gate, program('sh', ['-u', '-e', file]));
  });

  it('must have an interpreter that only root may change, or a pinned one', async () => {
    await using host = await listed();
    const file = await host.write('score.sh', good);
    const shell = await host.write('bin/sh', await readFile('/bin/sh'), 0o755);
    await chmod(join(host.folder, 'bin'), isRoot ? 0o777 : 0o755);
    await host.list({ score: await host.pin(file) });
    const error = await refusalOf(await host.gate(), program(shell, [file]));
    expect(error).toMatchObject({ code: 'SECURITY_1805' });
    expect(error.rawMessage).toContain("give the entry 'interpreter: { path, hash }'");

    await chmod(join(host.folder, 'bin'), 0o755);
    const hash = sha256(await readFile(shell));
    await host.list({ score: await host.pin(file, { interpreter: { path: './bin/sh', hash } }) });
    const gate = await host.gate();
    const admission = await gate.admit('score', program(shell, [file]));
    const { launch } = admission;
    await writeFile(shell, 'evil');
    expect(run(launch)).toBe('good\n');
    await admission.release();
    expect(kindsOf(await refusalOf(gate, program(shell, [file])))).toEqual(['hash_mismatch']);
    expect((await refusalOf(gate, program('sh', [file]))).rawMessage).toContain('but the entry names');
  });

  it('may be run by the program that runs the host, wherever that is', async () => {
    await using host = await listed();
    const file = await host.write('score.mjs', 'console.log("good")');
    await host.list({ score: await host.pin(file) });
    const admission = await (await host.gate()).admit('score', program(process.execPath, [file]));
    const { launch } = admission;
    expect(run(launch)).toBe('good\n');
    await admission.release();
  });

  it('has the interpreter of its first line looked at too', async () => {
    await using host = await listed();
    const shell = await host.write('bin/sh', await readFile('/bin/sh'), 0o777);
    const file = await host.write('score.sh', `#!${shell}\necho evil\n`, 0o755);
    const byName = await host.write('by-name.sh', '#!/usr/bin/env -S sh -e\necho good\n', 0o755);
    await host.list({ score: await host.pin(file), named: await host.pin(byName) });
    const gate = await host.gate();
    expect((await refusalOf(gate, program(file))).rawMessage).toContain('can be changed by others than root');
    const inPath = program(byName, [], { env: { PATH: join(host.folder, 'bin') } });
    expect((await refusalOf(gate, inPath, 'named')).rawMessage).toContain(
      'can be changed by others than root',
    );
    const admission = await gate.admit('named', program(byName));
    const { launch } = admission;
    expect(run(launch)).toBe('good\n');
    await admission.release();
  });
});

describe('a plugin that is a directory', () => {
  const directory = async () => {
    const host = await listed();
    await host.write(
      'score/main.mjs',
      `import { word } from './lib/word.mjs'; console.log(word, process.argv[2]);`,
    );
    await host.write('score/lib/word.mjs', `export const word = 'good';`);
    await host.write('score/words.txt', 'x');
    const path = join(host.folder, 'score');
    const { files } = await pinPath(path);
    await host.list({ score: { path: './score', entry: 'main.mjs', files } });
    const start = program(process.execPath, [join(path, 'main.mjs'), join(path, 'words.txt')]);
    return { host, path, start, gate: await host.gate() };
  };

  it('runs as a whole from its copy, with the arguments that name its files', async () => {
    const { host, path, start, gate } = await directory();
    await using _ = host;
    const admission = await gate.admit('score', start);
    const { launch } = admission;
    await host.write('score/lib/word.mjs', `export const word = 'evil';`);
    if (launch.kind !== 'program') throw new Error('no program');
    expect(launch.args.some((word) => word.startsWith(path))).toBe(false);
    expect(run(launch)).toBe(`good ${launch.args[1]}\n`);
    expect(await readFile(launch.args[1] ?? '', 'utf8')).toBe('x');
    await admission.release();
  });

  it.each([
    ['a file more', 'score/lib/extra.mjs', 'x', /lib\/extra.mjs is not among the files/],
    ['another file', 'score/lib/word.mjs', 'evil', /lib\/word.mjs is not what was whitelisted/],
  ])('is refused with %s', async (_what, name, text, message) => {
    const { host, start, gate } = await directory();
    await using _ = host;
    await host.write(name, text);
    const error = await refusalOf(gate, start);
    expect(kindsOf(error)).toEqual(['hash_mismatch']);
    expect(error.rawMessage).toMatch(message);
  });

  it('is refused with a file less, or a link inside', async () => {
    const { host, path, start, gate } = await directory();
    await using _ = host;
    await rename(join(path, 'words.txt'), join(host.folder, 'words.txt'));
    expect((await refusalOf(gate, start)).rawMessage).toContain('words.txt is missing');
    await symlink(join(host.folder, 'words.txt'), join(path, 'words.txt'));
    expect((await refusalOf(gate, start)).rawMessage).toContain('is a link or a special file');
  });

  it('is refused when another of its files would run', async () => {
    const { host, path, gate } = await directory();
    await using _ = host;
    const error = await refusalOf(gate, program(process.execPath, [join(path, 'lib/word.mjs')]));
    expect(kindsOf(error)).toEqual(['plugin_not_whitelisted']);
  });

  it('is a worker too', async () => {
    const { host, path, gate } = await directory();
    await using _ = host;
    const admission = await gate.admit('score', moduleLaunch(join(path, 'main.mjs')));
    const { launch } = admission;
    expect(launch.kind === 'module' && launch.file.endsWith('/score/main.mjs')).toBe(true);
    expect(launch).not.toEqual(moduleLaunch(join(path, 'main.mjs')));
    await admission.release();
  });
});
