import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reapOrphans } from '../../../transports/go-plugin/orphans.ts';
import { identityOf, processSpace } from '../../../transports/go-plugin/process-identity.ts';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { hostProgram } from '../../support/host-program.ts';
import { expectNoChildren, isAlive, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { buildGo, goProgram, hasGo } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);
afterEach(expectNoChildren);

interface Reported {
  readonly pid: number;
  readonly address: string;
}

describe('a host that is killed', () => {
  needsTool('go', hasGo);

  it('takes its plugins in Go along, and the next host removes their sockets', async () => {
    await using folder = await tempFolder();
    const host = () => hostProgram('go-plugin.mjs', [goProgram('plugin')], ['env', `TMPDIR=${folder.path}`]);
    await using first = host();
    const { pid, address } = await first.reported<Reported>();
    expect(address).toContain(folder.path);
    first.process.kill('SIGKILL');
    await until(() => !isAlive(pid));
    expect(existsSync(dirname(address))).toBe(true);
    await using second = host();
    await second.reported<Reported>();
    expect(existsSync(dirname(address))).toBe(false);
  });
});

describe.runIf(process.platform === 'linux')('what a host left behind', () => {
  /** A process in a group of its own that has ended by itself if `ended`. */
  async function leader(ended: boolean): Promise<number> {
    const child = spawn('sleep', [ended ? '0' : '60'], { detached: true, stdio: 'ignore' });
    if (ended) await once(child, 'exit');
    return child.pid ?? 0;
  }

  async function left(parent: string, owners: object, mode = 0o700): Promise<string> {
    const folder = await mkdtemp(join(parent, 'pb-'));
    await chmod(folder, mode);
    await writeFile(join(folder, '.host.json'), JSON.stringify({ space: processSpace(), ...owners }));
    return folder;
  }

  it('is removed, and its plugin ended, only if it is gone, of this user and of this container', async () => {
    await using parent = await tempFolder();
    const [plugin, another, dead] = [await leader(false), await leader(false), await leader(true)];
    const gone = { pid: dead, start: '1' };
    const folders = {
      left: await left(parent.path, { host: gone, plugin: identityOf(plugin) }),
      reused: await left(parent.path, { host: gone, plugin: { pid: another, start: '1' } }),
      used: await left(parent.path, { host: identityOf(process.pid) }),
      elsewhere: await left(parent.path, { host: gone, space: 'another' }),
      open: await left(parent.path, { host: gone, plugin: identityOf(another) }, 0o755),
    };
    await mkdir(join(parent.path, 'pb-foreign'));
    await reapOrphans(parent.path);
    const there = Object.entries(folders).filter(([, folder]) => existsSync(folder));
    expect(there.map(([name]) => name)).toEqual(['used', 'elsewhere', 'open']);
    expect(existsSync(join(parent.path, 'pb-foreign'))).toBe(true);
    await until(() => !isAlive(plugin));
    expect(isAlive(another)).toBe(true);
    process.kill(another, 'SIGKILL');
    await until(() => !isAlive(another));
  });
});
