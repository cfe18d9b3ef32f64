import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Simple, type PluginError } from 'plugboard';
import { pinPath, whitelistGate } from 'plugboard/security';
import { subprocess, worker } from 'plugboard/transports';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { until } from '../support/processes.ts';
import { listed } from './listed.ts';

// Speaks the lines of go-plugins and needs no package.
const answers = (word: string): string => `
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, payload } = JSON.parse(line);
  if (payload === 'end yourself') process.exit(3);
  process.stdout.write(JSON.stringify({ id, result: '${word}: ' + payload }) + '\\n');
});
`;

const served = (word: string): string => `
import { serve } from 'plugboard/serve';
await serve({ name: 'score', version: '1.0.0', execute: (text) => '${word}: ' + text });
`;

const source = (file: string) => subprocess(process.execPath, { args: [file], protocol: 'go-plugins' });
const fastRestart = { restart: { initialDelayMs: 1, maxDelayMs: 1 } } as const;

async function scored() {
  const host = await listed();
  const file = await host.write('score.mjs', answers('good'));
  await host.list({ score: await host.pin(file) });
  return { host, file };
}

describe('withSecurity', () => {
  it('takes the path of a whitelist, and means it strictly', async () => {
    const { host, file } = await scored();
    await using _ = host;
    await using running = await managed(
      Simple<string, string>().withSecurity(host.file).withPlugin('score', source(file)).build(),
    );
    expect(await running.manager.execute('score', 'hello')).toBe('good: hello');
    expect(running.manager.security()).toMatchObject({
      policy: 'strict',
      whitelistFile: host.file,
      entries: 1,
    });
  });

  it('takes options, and a gate', async () => {
    const { host, file } = await scored();
    await using _ = host;
    for (const security of [
      { whitelist: host.file, watch: false },
      whitelistGate({ whitelist: host.file }),
    ]) {
      await using running = await managed(
        Simple<string, string>().withPlugin('score', source(file)).withSecurity(security).build(),
      );
      expect(await running.manager.execute('score', 'hello')).toBe('good: hello');
    }
  });

  it('takes effect before any plugin starts, wherever it stands', async () => {
    const { host, file } = await scored();
    await using _ = host;
    await writeFile(file, answers('evil'));
    const builder = Simple<string, string>();
    for (const guarded of [
      builder.withSecurity(host.file).withPlugin('score', source(file)),
      builder.withPlugin('score', source(file)).withSecurity(host.file),
    ]) {
      await expect(guarded.build()).rejects.toThrow(/SECURITY_1803.*score\.mjs is not what was whitelisted/s);
    }
  });

  it('fails the build when the whitelist or an option is wrong', async () => {
    await using host = await listed();
    const built = (security: never) => Simple<string, string>().withSecurity(security).build();
    await expect(built(`${host.file}.not` as never)).rejects.toThrow(/SECURITY_1802.*is not there/s);
    await expect(built({ whitelist: host.file, polcy: 'strict' } as never)).rejects.toThrow(
      /CONFIG_1703.*polcy/s,
    );
    await expect(built('' as never)).rejects.toThrow('CONFIG_1703');
  });

  it('makes a gate for each manager that is built', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const builder = Simple<string, string>().withSecurity(host.file).withPlugin('score', source(file));
    await using one = await managed(builder.build());
    await using other = await managed(builder.build());
    expect([await one.manager.execute('score', '1'), await other.manager.execute('score', '2')]).toEqual([
      'good: 1',
      'good: 2',
    ]);
  });
});

describe('a guarded plugin', () => {
  it('is verified again when it is started again, and not tried any more once it is refused', async () => {
    const { host, file } = await scored();
    await using _ = host;
    await using running = await managed(
      Simple<string, string>().withSecurity(host.file).withPlugin('score', source(file), fastRestart).build(),
    );
    const ready = running.next('score', 'ready');
    await running.manager.execute('score', 'end yourself').catch(() => {});
    await ready;
    await writeFile(file, answers('evil'));
    const failed = running.next('score', 'failed');
    await running.manager.execute('score', 'end yourself').catch(() => {});
    await failed;
    await expect(running.manager.execute('score', 'hello')).rejects.toMatchObject({ code: 'SECURITY_1803' });
  });

  it('is drained and stopped when it is taken off the list, and can be brought back', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const entry = await host.pin(file);
    const logger = new MemoryLogger();
    await using running = await managed(
      Simple<string, string>()
        .withLogger(logger)
        .withSecurity({ whitelist: host.file, reloadDelayMs: 20 })
        .withPlugin('score', source(file))
        .build(),
    );
    const stopped = running.next('score', 'stopped');
    await host.list({});
    await stopped;
    await expect(running.manager.execute('score', 'x')).rejects.toMatchObject({ code: 'SECURITY_1802' });
    await host.list({ score: entry });
    await until(() => running.manager.security()?.entries === 1);
    await running.manager.replace('score', source(file));
    expect(await running.manager.execute('score', 'hello')).toBe('good: hello');
  });

  it.each([
    ['beside it', 'score.js', ['.']],
    ['above it', 'plugins/score/score.mjs', ['.']],
    ['at two places', 'plugins/score.mjs', ['plugins', '.']],
  ])('finds the packages that are %s, and is the kind of module it was', async (_where, name, places) => {
    await using host = await listed();
    await host.write('package.json', '{"type":"module"}');
    const inner = places.length > 1 ? `import { word } from 'inner';` : `const word = 'good';`;
    const file = await host.write(name, `${inner}${served('good').replace("'good: '", "word + ': '")}`);
    for (const place of places) await mkdir(join(host.folder, place, 'node_modules'), { recursive: true });
    await symlink(process.cwd(), join(host.folder, 'node_modules', 'plugboard'));
    await host.write(`${places[0]}/node_modules/inner/index.mjs`, `export const word = 'good';`);
    await host.write(`${places[0]}/node_modules/inner/package.json`, '{"exports":"./index.mjs"}');
    await host.list({ score: await host.pin(file), thread: await host.pin(file) });
    await using running = await managed(
      Simple<string, string>()
        .withSecurity(host.file)
        .withPlugin('score', subprocess(process.execPath, { args: [file] }))
        .withPlugin('thread', worker(file))
        .build(),
    );
    expect(await running.manager.execute('score', 'hello')).toBe('good: hello');
    expect(await running.manager.execute('thread', 'hello')).toBe('good: hello');
    await running.manager.shutdown();
    expect(await readdir(join(host.folder, 'node_modules'))).toContain('plugboard'); // the links went, not what they lead to
  });

  it('does not find packages in a folder that others may write', async () => {
    await using host = await listed();
    const file = await host.write('score.mjs', `import 'inner';`);
    await host.write('node_modules/inner/index.js', '');
    await chmod(join(host.folder, 'node_modules'), 0o777);
    await host.list({ score: await host.pin(file) });
    const building = Simple<string, string>()
      .withSecurity(host.file)
      .withPlugin('score', subprocess(process.execPath, { args: [file] }))
      .build();
    await expect(building).rejects.toThrow(/ERR_MODULE_NOT_FOUND|Cannot find package/);
  });

  it('may be a directory whose every file is pinned', async () => {
    await using host = await listed();
    await host.write('score/main.mjs', `import './lib/answers.mjs';`);
    await host.write('score/lib/answers.mjs', answers('good'));
    const path = join(host.folder, 'score');
    const { files } = await pinPath(path);
    await host.list({ score: { path: './score', entry: 'main.mjs', files } });
    const start = () =>
      Simple<string, string>()
        .withSecurity(host.file)
        .withPlugin('score', source(join(path, 'main.mjs')))
        .build();
    await using running = await managed(start());
    expect(await running.manager.execute('score', 'hello')).toBe('good: hello');
    await host.write('score/lib/answers.mjs', answers('evil'));
    await expect(start()).rejects.toThrow('lib/answers.mjs is not what was whitelisted');
  });

  it('is refused with the cure in the message', async () => {
    const { host, file } = await scored();
    await using _ = host;
    await using running = await managed(Simple<string, string>().withSecurity(host.file).build());
    const error = (await running.manager
      .register('other', source(file))
      .catch((e: unknown) => e)) as PluginError;
    expect(error.message).toContain("[SECURITY_1802] plugin 'other': it is not in the whitelist");
    expect(error.message).toContain('plugboard whitelist add <name> <path>');
  });

  it('gets nothing of the host that loads code, even with the whole environment', async () => {
    await using host = await listed();
    const file = await host.write(
      'score.mjs',
      answers('good').replace("'good: ' + payload", 'Object.keys(process.env).join()'),
    );
    const added = { NODE_OPTIONS: '', LD_BIND_NOW: '', PYTHONSTARTUP: 'x', PLUGBOARD_TEST: 'x' };
    Object.assign(process.env, added);
    try {
      const inheriting = subprocess(process.execPath, {
        args: [file],
        protocol: 'go-plugins',
        inheritEnv: true,
      });
      await using running = await managed(Simple<string, string>().withPlugin('score', inheriting).build());
      const names = (await running.manager.execute('score', '')).split(',');
      expect(names.filter((name) => name in added)).toEqual(['PLUGBOARD_TEST']);
    } finally {
      for (const name of Object.keys(added)) delete process.env[name];
    }
  });
});
