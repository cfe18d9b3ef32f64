import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { explain, pinPath, readWhitelist } from 'plugboard/security';
import { listed, program, sha256 } from '../listed.ts';

const kindsFor = async (file: string, name: string, launch?: ReturnType<typeof program>): Promise<string[]> =>
  (await explain(await readWhitelist(file), name, { launch })).map(({ kind }) => kind);

describe('explaining an entry', () => {
  it('says what a start would say, without one', async () => {
    await using host = await listed();
    const file = await host.write('score.py', 'print(1)');
    await host.list({
      score: await host.pin(file, { type: 'subprocess' }),
      off: await host.pin(file, { enabled: false }),
      remote: { allowedEndpoints: ['auth:1'] },
    });
    expect(await kindsFor(host.file, 'score')).toEqual([]);
    expect(await kindsFor(host.file, 'remote')).toEqual([]);
    expect(await kindsFor(host.file, 'off')).toEqual(['plugin_not_whitelisted']);
    expect(await kindsFor(host.file, 'nobody')).toEqual(['plugin_not_whitelisted']);
    expect(await kindsFor(host.file, 'score', program(file))).toEqual(['hash_mismatch']); // it is no program
    await writeFile(file, 'print(2)');
    expect(await kindsFor(host.file, 'score')).toEqual(['hash_mismatch']);
  });

  it('looks at the interpreter that the entry names', async () => {
    await using host = await listed();
    const file = await host.write('score.sh', 'echo good');
    const shell = await host.write('bin/sh', 'a shell', 0o755);
    const interpreter = { path: './bin/sh', hash: sha256('a shell') };
    await host.list({ score: await host.pin(file, { interpreter }) });
    expect(await kindsFor(host.file, 'score')).toEqual([]);
    await writeFile(shell, 'another');
    expect(await kindsFor(host.file, 'score')).toEqual(['hash_mismatch']);
  });
});

describe('pinning a path', () => {
  it('says how far it is, and refuses what a start would refuse', async () => {
    await using host = await listed();
    const file = await host.write('score/main.py', 'x'.repeat(1000), 0o666);
    await expect(pinPath(file)).rejects.toMatchObject({ code: 'SECURITY_1805' });
    await expect(pinPath(`${file}.not`)).rejects.toMatchObject({ code: 'SECURITY_1803' });
    await host.write('score/main.py', 'x'.repeat(1000));
    let bytes = 0;
    const pinned = await pinPath(`${host.folder}/score`, { onBytes: (more) => (bytes += more) });
    expect(pinned).toEqual({ files: { 'main.py': sha256('x'.repeat(1000)) }, sizeBytes: 1000 });
    expect(bytes).toBe(1000);
  });
});
