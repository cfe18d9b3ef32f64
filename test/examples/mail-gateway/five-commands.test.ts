import { execFile, execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { expectNoChildren, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { GatewayProcess } from './support/gateway-process.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
afterEach(expectNoChildren);

/** Runs a documented command with the port and the file of this test. */
function run(command: string, port: number, file: string): Promise<string> {
  const line = command.replace('examples/mail-gateway/gateway.yaml', file);
  const own = line.replace('send.js', `send.js --port ${port}`);
  return new Promise((resolve) => {
    execFile('sh', ['-c', own], { cwd: root }, (_, output) => resolve(output.trim()));
  });
}

it('does what the page says when a stranger copies its five commands', async () => {
  const page = await readFile(join(root, 'docs/mail-gateway.md'), 'utf8');
  const commands = (/## Five commands\n\n```sh\n([^`]*)```/.exec(page)?.[1] ?? '').trim().split('\n');
  expect(commands).toHaveLength(5);
  const [start, first = '', second = '', edit = '', third = ''] = commands;
  expect(start).toBe('npm run gateway &');
  await using folder = await tempFolder();
  const yaml = await readFile(join(root, 'examples/mail-gateway/gateway.yaml'), 'utf8');
  const file = join(folder.path, 'gateway.yaml');
  const apart = yaml.replace('port: 2525', 'port: 0').replace('port: 9464', 'port: 0');
  await writeFile(file, apart.replaceAll('./data/mail-gateway', folder.path));
  const gateway = new GatewayProcess(file);
  const port = (await gateway.port()) ?? 0;
  expect(await run(first, port, file)).toMatch(/^250 2\.6\.0 Queued as/);
  expect(await run(second, port, file)).toContain('550 5.1.1 No such recipient here');
  await run(edit, port, file);
  await until(() => gateway.output.includes('took up'));
  expect(await run(third, port, file)).toMatch(/^250 2\.6\.0 Queued as/);
  const boxes = join(folder.path, 'mailboxes');
  await until(() => execFileSync('find', [boxes, '-name', '*.eml'], { encoding: 'utf8' }).includes('/bob'));
  await gateway.kill('SIGTERM');
  expect(gateway.output).toContain('ended; what is queued is delivered at the next start');
});
