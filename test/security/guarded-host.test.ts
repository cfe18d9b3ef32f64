import { spawnSync } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostProgram } from '../support/host-program.ts';
import { listed } from './listed.ts';

// Answers with what it was asked, once it has sent its host two signals.
const signals = `#!/bin/sh
while read -r line; do
  kill -USR1 "$PPID"; kill -USR2 "$PPID"
  id=$(printf %s "$line" | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
  printf '{"id":"%s","result":"done"}\\n' "$id"
done
`;

interface Door {
  readonly isOpen: boolean;
  readonly holds: boolean | undefined;
  readonly listeners: number;
}

async function signalled() {
  const host = await listed();
  const file = await host.write('signals.sh', signals, 0o755);
  await host.list({ signals: await host.pin(file) });
  return { host, file };
}

describe.skipIf(process.platform === 'win32')('a host that a plugin signals', () => {
  it('opens its inspector without a gate, which is why the gate shuts that door', async () => {
    const { host, file } = await signalled();
    await using _ = host;
    await using program = hostProgram('guarded.mjs', [file]);
    expect(await program.reported<Door>()).toMatchObject({ isOpen: true });
  });

  it('opens nothing with a gate, and has its signal back at the end', async () => {
    const { host, file } = await signalled();
    await using _ = host;
    await using program = hostProgram('guarded.mjs', [file, host.file]);
    expect(await program.reported<Door>()).toEqual({ isOpen: false, holds: true, listeners: 1 });
    expect(program.stderr()).not.toContain('Debugger listening');
    program.process.stdin?.write('end\n');
    expect(await program.reported()).toEqual({ listeners: 0 });
    expect(await program.ended).toEqual({ exitCode: 0, signal: null });
  });
});

describe('a host that was killed', () => {
  it('leaves copies that the next one removes, but not those of a living host', async () => {
    const { host, file } = await signalled();
    await using _ = host;
    const storeDir = join(host.folder, 'store');
    await using living = hostProgram('guarded.mjs', [file, host.file, storeDir]);
    await living.reported();
    const [ofLiving] = await readdir(storeDir);
    await using killed = hostProgram('guarded.mjs', [file, host.file, storeDir]);
    await killed.reported();
    expect(await readdir(storeDir)).toHaveLength(2);
    killed.process.kill('SIGKILL');
    await killed.ended;
    await mkdir(join(storeDir, 'plugboard-verified-of somebody else'));
    const gate = await host.gate({ storeDir });
    const left = await readdir(storeDir);
    expect(left).toHaveLength(3);
    expect(left).toContain(ofLiving);
    expect(left).toContain('plugboard-verified-of somebody else');
    await gate.close();
  });
});

describe('a host that ends without shutdown', () => {
  it('is not kept alive by its gate', async () => {
    await using host = await listed();
    const text = `
      import { Simple } from 'plugboard';
      const manager = await Simple().withSecurity(process.argv[1]).build();
      console.log(manager.security().policy);`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', text, host.file], {
      cwd: process.cwd(),
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([ended.stdout.trim(), ended.status]).toEqual(['strict', 0]);
  });
});
