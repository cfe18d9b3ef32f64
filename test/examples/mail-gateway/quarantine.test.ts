import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoChildren } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { Client } from './support/client.ts';
import { gatewayProgram, gatewayYaml, GatewayProcess } from './support/gateway-process.ts';

afterEach(expectNoChildren);

async function list(file: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [gatewayProgram, '--quarantine', file]);
  return stdout.trimEnd().split('\n');
}

describe('scenario 7: mail of a domain whose policy is quarantine', () => {
  it('lies in the quarantine, and the command lists it, also beside the running gateway', async () => {
    await using folder = await tempFolder();
    const records = {
      'aside.example': { TXT: ['v=spf1 -all'] },
      '_dmarc.aside.example': { TXT: ['v=DMARC1; p=quarantine'] },
    };
    const boxes = join(folder.path, 'boxes');
    const routes = [{ domains: ['example.net'], to: `maildir:${boxes}` }];
    const plugins = [{ name: 'mail-auth', config: { server: 'gw.example.org', records } }];
    const file = await gatewayYaml(folder.path, { routes }, { plugins });
    const quarantine = join(folder.path, 'data', 'quarantine');
    expect(await list(file)).toEqual([`nothing is in the quarantine of ${join(folder.path, 'data')}`]);
    const gateway = new GatewayProcess(file);
    const sent: string[] = [];
    for (const name of ['bob', 'eve']) {
      using client = await Client.hello((await gateway.port()) ?? 0);
      const to = [`${name}@example.net`, 'all@example.net'];
      const said = await client.send('ada@aside.example', to, 'From: ada@aside.example\r\n\r\nHello.');
      sent.push(/^250 2\.6\.0 Taken as (\w+)$/.exec(said ?? '')?.[1] ?? `${said}`);
    }
    const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/) as string;
    const of = (index: number, to: string): unknown => [
      sent[index],
      time,
      'ada@aside.example',
      `${to},all@example.net`,
      expect.stringContaining('DMARC'),
    ];
    const lines = (await list(file)).map((line) => line.split('\t'));
    expect(lines).toEqual([of(0, 'bob@example.net'), of(1, 'eve@example.net')]);
    await gateway.kill('SIGTERM');
    expect(await readFile(join(quarantine, 'default', `${sent[0]}.eml`), 'utf8')).toContain('Hello.');
    await expect(readFile(boxes)).rejects.toThrow('ENOENT');
  });

  it('is listed on a line each, whatever its sender wrote and whatever befell its record', async () => {
    await using folder = await tempFolder();
    const file = await gatewayYaml(folder.path, {});
    const quarantine = join(folder.path, 'data', 'quarantine');
    const [store, another] = [join(quarantine, 'default'), join(quarantine, 'spam')];
    for (const one of [store, another]) await mkdir(one, { recursive: true });
    const record = {
      at: '2026-01-02T03:04:05.000Z',
      sender: 'a\n\u001b[2J\tb',
      recipients: [],
      reason: 'x\r\ny',
    };
    await writeFile(join(store, 'one.json'), JSON.stringify(record));
    await writeFile(join(another, 'two.json'), '{"at": ');
    expect(await list(file)).toEqual([
      expect.stringMatching(/^two\t-\t-\t-\tits record .*two\.json cannot be read$/) as string,
      'one\t2026-01-02T03:04:05.000Z\ta [2J b\t-\tx y',
    ]);
  });
});
