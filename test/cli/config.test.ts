import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../support/temp-folder.ts';
import { plugboard } from './plugboard.ts';

const good = `
plugins:
  - name: auth
    command: ./auth
    timeout: 2s
    auth: { method: bearer, token: very-secret }
`;

describe('plugboard config', () => {
  it('says that a good file is good, and everything that is wrong with a bad one', async () => {
    await using folder = await tempFolder();
    await folder.write('good.yaml', good);
    await folder.write('bad.yaml', 'plugins:\n  - name: auth\n    comand: ./auth\n    timeout: soon\n');
    const at = (...args: string[]) => plugboard(folder.path, 'config', 'check', ...args);
    expect(await at('good.yaml')).toEqual({ exitCode: 0, stdout: 'good: 1 plugin\n', stderr: '' });
    const bad = await at('bad.yaml');
    expect(bad).toMatchObject({ exitCode: 1, stderr: '' });
    expect(bad.stdout.split('\n')).toEqual([
      expect.stringMatching(/^bad\.yaml:3:5: .*comand.*command/),
      expect.stringMatching(/^bad\.yaml:4:14: .*timeout.*soon/),
      'bad: 2 to mend',
      '',
    ]);
    const json = JSON.parse((await at('bad.yaml', '--json')).stdout) as { problems: object[] };
    expect(json).toMatchObject({ file: 'bad.yaml', ok: false, problems: [{ line: 3 }, { line: 4 }] });
  });

  it('tells a file that cannot be read from one that is wrong', async () => {
    await using folder = await tempFolder();
    await folder.write('broken.yaml', 'plugins: [');
    const broken = await plugboard(folder.path, 'config', 'check', 'broken.yaml');
    expect(broken).toMatchObject({ exitCode: 1, stderr: '' });
    expect(broken.stdout).toContain('CONFIG_1702');
    expect(await plugboard(folder.path, 'config', 'check', 'none.yaml')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringMatching(/^error CONFIG_1701: [^\n]+\n$/) as string,
    });
  });

  it('names circles of dependencies, and warns of what the file does not name', async () => {
    await using folder = await tempFolder();
    const plugin = (name: string, need: string) =>
      `  - { name: ${name}, command: ${name}, dependencies: [${need}] }\n`;
    await folder.write('circle.yaml', `plugins:\n${plugin('a', 'b')}${plugin('b', 'a')}`);
    await folder.write('missing.yaml', `plugins:\n${plugin('a', 'store')}`);
    const circle = await plugboard(folder.path, 'config', 'check', 'circle.yaml');
    expect(circle.exitCode).toBe(1);
    expect(circle.stdout).toContain('a: is in a circle of dependencies: a -> b -> a');
    const missing = await plugboard(folder.path, 'config', 'check', 'missing.yaml');
    expect(missing.exitCode).toBe(0);
    expect(missing.stdout).toMatch(/^warning: missing\.yaml: a: needs plugin 'store', which is missing/);
  });

  it('only warns of unknown keys when it is lenient', async () => {
    await using folder = await tempFolder();
    await folder.write('old.yaml', `${good}    colour: red\n`);
    expect((await plugboard(folder.path, 'config', 'check', 'old.yaml')).exitCode).toBe(1);
    const lenient = await plugboard(folder.path, 'config', 'check', 'old.yaml', '--lenient');
    expect(lenient.exitCode).toBe(0);
    expect(lenient.stdout).toMatch(/^warning: old\.yaml:7:5: .*colour.*\ngood: 1 plugin\n$/);
    const printed = await plugboard(folder.path, 'config', 'print', 'old.yaml', '--lenient');
    expect(printed.exitCode).toBe(0);
    expect(printed.stderr).toMatch(/^warning: old\.yaml:7:5: /);
  });

  it('prints what a file comes to, without its secrets', async () => {
    await using folder = await tempFolder();
    await mkdir(join(folder.path, 'run'));
    await folder.write('run/key', 'from-a-file\n');
    await folder.write(
      'host.yaml',
      `${good}    env: { LEVEL: "\${LEVEL:-loud}", KEY: "\${file:run/key}" }\n`,
    );
    const { stdout, exitCode } = await plugboard(folder.path, 'config', 'print', 'host.yaml');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/timeout: 2s|timeout: 2000/);
    expect(stdout).toMatch(/LEVEL: loud/);
    expect(stdout).toContain('${file:run/key}');
    expect(stdout).not.toMatch(/very-secret|from-a-file/);
    const json = await plugboard(folder.path, 'config', 'print', 'host.yaml', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      plugins: [{ name: 'auth', auth: { token: '[redacted]' } }],
    });
  });

  it('prints the schema that the package ships', async () => {
    await using folder = await tempFolder();
    const { stdout } = await plugboard(folder.path, 'config', 'schema');
    expect(JSON.parse(stdout)).toMatchObject({ title: 'A configuration of plugboard' });
  });

  it('plans the way from one file to another, without secrets', async () => {
    await using folder = await tempFolder();
    await folder.write('old.yaml', good);
    await folder.write(
      'new.yaml',
      `${good.replace('2s', '3s').replace('very-secret', 'other-secret')}  - log\n`,
    );
    const { stdout, exitCode } = await plugboard(folder.path, 'config', 'plan', 'old.yaml', 'new.yaml');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      '+ log',
      '~ auth (new instance)',
      "    auth.token: '[redacted]' -> '[redacted]' (new instance)",
      '    settings.timeoutMs: 2000 -> 3000',
      '1 to start, 1 to change, 0 to stop, 0 as before',
      '',
    ]);
    const json = await plugboard(folder.path, 'config', 'plan', 'old.yaml', 'new.yaml', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ added: ['log'], changed: [{ name: 'auth' }] });
  });
});
