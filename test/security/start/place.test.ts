import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { worker } from 'plugboard/transports';
import { kindsOf, program, refusalOf, scoredBy, sha256 } from '../listed.ts';

const good = '#!/bin/sh\necho good\n';
const scored = () => scoredBy(good);

describe('the place of a plugin', () => {
  it('must be that of its entry', async () => {
    const { host, file, gate } = await scored();
    await using _ = host;
    const copy = await host.write('plugins/other.sh', good, 0o755);
    const error = await refusalOf(gate, program(copy));
    expect([error.code, kindsOf(error)]).toEqual(['SECURITY_1804', ['plugin_not_whitelisted']]);
    expect(error.rawMessage).toContain(`Start ${file} itself`);
  });

  it('may be spelled in another way', async () => {
    const { host, file, gate } = await scored();
    await using _ = host;
    const spelled = join(host.folder, 'plugins', '..', 'plugins') + '/./score.sh';
    await (await gate.admit('score', program(spelled))).release();
    expect(file).toContain('score.sh');
  });

  it('must be in the plugin directories, by its real path', async () => {
    const { host, file } = await scored();
    await using _ = host;
    await mkdir(join(host.folder, 'allowed'));
    const gate = await host.gate({ pluginDirs: [join(host.folder, 'allowed')] });
    expect((await refusalOf(gate, program(file))).rawMessage).toContain(
      'does not lie in the plugin directories',
    );
    const inside = await host.gate({ pluginDirs: [join(host.folder, 'plugins')] });
    await (await inside.admit('score', program(file))).release();
  });

  it('does not count as inside by a name that begins alike, or through a link', async () => {
    const { host, file } = await scored();
    await using _ = host;
    const gate = await host.gate({ pluginDirs: [join(host.folder, 'plug')] });
    expect((await refusalOf(gate, program(file))).rawMessage).toContain(
      'does not lie in the plugin directories',
    );
    await mkdir(join(host.folder, 'allowed'));
    await symlink(join(host.folder, 'plugins'), join(host.folder, 'allowed', 'way'));
    await host.list({ score: { path: 'allowed/way/score.sh', hash: sha256(good) } });
    const linked = await host.gate({ pluginDirs: [join(host.folder, 'allowed')] });
    const launch = program(join(host.folder, 'allowed', 'way', 'score.sh'));
    expect((await refusalOf(linked, launch)).rawMessage).toContain('does not lie in the plugin directories');
  });

  it('must not be where the whitelist forbids plugins', async () => {
    const { host, file } = await scored();
    await using _ = host;
    await host.list({ score: await host.pin(file) }, { constraints: { forbiddenPaths: ['./plugins'] } });
    const error = await refusalOf(await host.gate(), program(file));
    expect([error.code, kindsOf(error)]).toEqual(['SECURITY_1804', ['plugin_not_whitelisted']]);
  });
});

describe("the host's own constraints", () => {
  const refusedBy = async (listed: object, constraints: object): Promise<readonly string[]> => {
    const { host, file } = await scored();
    await using _ = host;
    await host.list({ score: await host.pin(file) }, { constraints: listed });
    const gate = await host.gate({ constraints });
    return await gate.check('score', program(file)).then(() => [], kindsOf);
  };

  it.each([
    ['a smaller limit', {}, { maxFileSizeBytes: 3 }, ['file_size_exceeded']],
    ['no larger one', { maxFileSizeBytes: 3 }, { maxFileSizeBytes: 1000 }, ['file_size_exceeded']],
    ['types', {}, { allowedTypes: ['worker'] }, ['type_mismatch']],
    [
      'what both allow, by either name',
      { allowedTypes: ['exec', 'worker'] },
      { allowedTypes: ['subprocess'] },
      [],
    ],
    [
      'nothing when they agree on nothing',
      { allowedTypes: ['exec'] },
      { allowedTypes: ['grpc'] },
      ['type_mismatch'],
    ],
    [
      'forbidden paths',
      { forbiddenPaths: ['./other'] },
      { forbiddenPaths: ['/'] },
      ['plugin_not_whitelisted'],
    ],
  ])('hold beside those of the whitelist: %s', async (_what, listed, constraints, kinds) => {
    expect(await refusedBy(listed, constraints)).toEqual(kinds);
  });
});

describe('the environment of a plugin', () => {
  it.each([
    'NODE_OPTIONS',
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'DYLD_INSERT_LIBRARIES',
    'PYTHONPATH',
    'BASH_ENV',
    'PYTHONPYCACHEPREFIX',
    'NODE_COMPILE_CACHE',
    'OPENSSL_CONF',
    'ZDOTDIR',
    'GEM_PATH',
    'node_options',
  ])('may not set %s', async (name) => {
    const { host, file, gate } = await scored();
    await using _ = host;
    const error = await refusalOf(gate, program(file, [], { env: { [name]: 'x' } }));
    expect(error.rawMessage).toContain(`its environment sets ${name}`);
  });

  it('may not set it for a thread either', async () => {
    const { host, file, gate } = await scored();
    await using _ = host;
    const { launch } = worker(file, { env: { NODE_OPTIONS: '--import=./evil.mjs' } });
    if (launch === undefined) throw new Error('no launch');
    expect((await refusalOf(gate, launch)).rawMessage).toContain('its environment sets NODE_OPTIONS');
  });

  it('may set what is its own', async () => {
    const { host, file, gate } = await scored();
    await using _ = host;
    const env = { API_URL: 'x', ENV: 'production' };
    const admission = await gate.admit('score', program(file, [], { env }));
    expect(admission.launch).toMatchObject({ env });
    await admission.release();
  });
});
