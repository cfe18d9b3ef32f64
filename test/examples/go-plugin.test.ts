import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasTool, needsTool } from '../languages/tool.ts';
import { goBuildTimeoutMs } from '../support/go-fixtures.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const hasGo = hasTool('go', 'version');
let folder = '';

beforeAll(async () => {
  if (!hasGo) return;
  folder = await mkdtemp(join(tmpdir(), 'plugboard-greeter-'));
  const cwd = join(root, 'examples/go-plugin/greeter');
  await run('go', ['build', '-o', `${folder}/`, '.'], { cwd });
}, goBuildTimeoutMs);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function greeted(...plugin: string[]): Promise<string> {
  const host = join(root, '.build/examples/go-plugin/host.js');
  return (await run(process.execPath, [host, ...plugin], { timeout: 20_000 })).stdout;
}

const greeting = `Hello, Ada!
[ 'A', 'd', 'a' ]
PLUGIN_1203 INVALID_ARGUMENT: nobody to greet
`;

describe('the example of a host in TypeScript', () => {
  needsTool('go', hasGo);

  it('runs the plugin in Go', async () => {
    expect(await greeted(join(folder, 'greeter'))).toBe(greeting);
  });
});

it('runs the plugin in TypeScript that is made for a host in Go', async () => {
  expect(await greeted(process.execPath, join(root, '.build/examples/go-host/plugin.js'))).toBe(greeting);
});

it('docs/go-plugin.md shows the example as it is', async () => {
  const page = await readFile(join(root, 'docs/go-plugin.md'), 'utf8');
  const source = await readFile(join(root, 'examples/go-plugin/host.ts'), 'utf8');
  expect(page).toContain(`\`\`\`ts\n${source.slice(source.indexOf('import {'))}\`\`\`\n`);
});
