import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Gate, Launch } from 'plugboard';
import { listed, program } from '../listed.ts';

const run = (launch: Launch): string => {
  if (launch.kind !== 'program') throw new Error('no program');
  return execFileSync(launch.command, [...launch.args], { encoding: 'utf8' });
};

describe('what lies beside the store, in a folder that others share', () => {
  it.each(['score.mjs', 'score.cjs', 'score.js'])(
    'gives %s no package in the place of its own',
    async (name) => {
      await using host = await listed();
      await host.write('node_modules/words/index.cjs', `console.log('good');`);
      await host.write('node_modules/words/package.json', '{"exports":"./index.cjs"}');
      await host.write('shared/package.json', '{"name":"words","exports":"./evil.cjs"}');
      await host.write('shared/evil.cjs', `console.log('evil');`);
      const file = await host.write(name, name.endsWith('mjs') ? `import 'words';` : `require('words');`);
      await host.list({ score: await host.pin(file) });
      const gate = await host.gate({ storeDir: join(host.folder, 'shared', 'store') });
      const admission = await gate.admit('score', program(process.execPath, [file]));
      expect(run(admission.launch)).toBe('good\n');
      await admission.release();
    },
  );

  it('is out of reach without a storeDir, where the host has a home of its own; the report says so', async () => {
    await using host = await listed();
    const storeDir = join(host.folder, 'store');
    const offered = (gate: Gate) =>
      gate.report().guarantees.find(({ what }) => what.includes('no package in the way'));
    const inTemporary = offered(await host.gate({ storeDir }));
    const isShared = ((await stat(tmpdir())).mode & 0o022) !== 0;
    expect(inTemporary?.holds).toBe(!isShared);
    expect(inTemporary?.note).toContain(isShared ? tmpdir() : 'no folder above');
    const hasHome = await isOwn(homedir());
    expect(offered(await host.gate())?.holds).toBe(!isShared || hasHome);
  });
});

/** Whether nobody but root and we may write a folder and those above it. */
async function isOwn(folder: string): Promise<boolean> {
  const { mode, uid } = await stat(folder);
  if ((mode & 0o022) !== 0 || ![0, process.getuid?.()].includes(uid)) return false;
  return folder === dirname(folder) || isOwn(dirname(folder));
}
