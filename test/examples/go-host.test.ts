import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasTool, needsTool } from '../languages/tool.ts';
import { goBuildTimeoutMs } from '../support/go-fixtures.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const hasGo = hasTool('go', 'version');
let folder = '';

beforeAll(async () => {
  if (!hasGo) return;
  folder = await mkdtemp(join(tmpdir(), 'plugboard-greet-'));
  const cwd = join(root, 'examples/go-host/greet');
  await promisify(execFile)('go', ['build', '-o', `${folder}/`, '.'], { cwd });
}, goBuildTimeoutMs);
afterAll(() => rm(folder, { recursive: true, force: true }));

function greet(name: string): { status: number | null; stdout: string; stderr: string } {
  const plugin = [process.execPath, join(root, '.build/examples/go-host/plugin.js')];
  return spawnSync(join(folder, 'greet'), [name, ...plugin], { encoding: 'utf8', timeout: 20_000 });
}

describe('the example of a host in Go that runs a plugin in TypeScript', () => {
  needsTool('go', hasGo);

  it('calls, streams and logs', () => {
    const { status, stdout, stderr } = greet('Ada');
    expect(stdout).toBe('Hello, Ada!\nA\nd\na\n');
    expect(stderr).toMatch(/\[INFO\] .*greeting: .*name=Ada/);
    expect(status).toBe(0);
  });

  it('sees the error of the plugin', () => {
    const { status, stderr } = greet('');
    expect(stderr).toContain('code = InvalidArgument desc = nobody to greet');
    expect(status).toBe(1);
  });
});

it('docs/go-plugin.md shows both of its programs as they are', async () => {
  const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
  const page = await read('docs/go-plugin.md');
  const plugin = await read('examples/go-host/plugin.ts');
  expect(page).toContain(`\`\`\`ts\n${plugin.slice(plugin.indexOf('import {'))}\`\`\`\n`);
  const [, quoted = 'nothing'] = /^```go\n(.*?)^```$/ms.exec(page) ?? [];
  const host = await read('examples/go-host/greet/main.go');
  expect(host.replaceAll(/^\t/gm, '')).toContain(quoted);
});
