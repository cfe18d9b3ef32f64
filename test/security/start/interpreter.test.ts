import { chmod, mkdir, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Gate } from 'plugboard';
import { listed, program, refusalOf, type Listed } from '../listed.ts';

/** A folder that others may write, with links to programs that only root may change, and to Node. */
async function linked(): Promise<{ host: Listed; shared: string; file: string; gate: Gate }> {
  const host = await listed();
  const shared = join(host.folder, 'shared');
  await mkdir(shared, { mode: 0o755 });
  await symlink('/bin', join(shared, 'bin'));
  await symlink('/bin/sh', join(shared, 'sh'));
  await symlink(await realpath(process.execPath), join(shared, 'node'));
  const file = await host.write('score.sh', 'echo good\n');
  await host.list({ score: await host.pin(file) });
  return { host, shared, file, gate: await host.gate() };
}

describe.skipIf(process.platform === 'win32')('an interpreter that is reached by a link', () => {
  it.each(['sh', 'bin/sh', 'node'])('is refused where others may turn %s to another one', async (name) => {
    const { host, shared, file, gate } = await linked();
    await using _ = host;
    await chmod(shared, 0o777);
    const error = await refusalOf(gate, program(join(shared, name), [file]));
    expect(error.rawMessage).toContain('can be changed by others');
    expect(error.rawMessage).toContain(shared);
  });
});

describe('an interpreter that is looked up by its name', () => {
  it('is refused behind a folder that depends on where the plugin works', async () => {
    await using host = await listed();
    const byName = await host.write('score.sh', '#!/usr/bin/env sh\necho good\n', 0o755);
    await host.list({ score: await host.pin(byName) });
    const gate = await host.gate();
    for (const path of [':/bin', '.:/bin', 'bin:/bin']) {
      const error = await refusalOf(gate, program(byName, [], { env: { PATH: path } }));
      expect(error.rawMessage).toContain('not absolute');
    }
    await (await gate.admit('score', program(byName, [], { env: { PATH: '/bin:' } }))).release();
  });
});

describe('the interpreter of a first line', () => {
  it('is named in full: another would be searched where the plugin works', async () => {
    await using host = await listed();
    const file = await host.write('score.sh', '#!bin/sh\necho evil\n', 0o755);
    await host.list({ score: await host.pin(file) });
    const error = await refusalOf(await host.gate(), program(file));
    expect(error.rawMessage).toContain('no absolute path');
  });
});
