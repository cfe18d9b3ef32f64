import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { until } from '../support/processes.ts';
import { tempFolder } from '../support/temp-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const original = `${root}examples/one-file/host.yaml`;

interface Host extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Waits for a text that it had not printed before. */
  says(text: string): Promise<void>;
}

function startHost(file: string): Host {
  const child = spawn(process.execPath, ['.build/examples/one-file/host.js', file], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    process: child,
    output: () => output,
    async says(text) {
      await until(() => output.includes(text) || child.exitCode !== null);
      expect(output).toContain(text);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

describe('the host of one file', () => {
  it.skipIf(process.platform !== 'linux')(
    'is reloaded by sed while it answers, and loses no call',
    async () => {
      await using folder = await tempFolder();
      const file = await folder.write('host.yaml', await readFile(original, 'utf8'));
      const sed = (script: string) => execFileSync('sed', ['-i', script, file]);
      await using host = startHost(file);
      await host.says('Hello, Ada!');
      sed('s/timeout: 2s/timeout: 1s/');
      await host.says('settings.timeoutMs: 2000 -> 1000');
      sed('s/loud: false/loud: true/');
      await host.says('HELLO, ADA!');
      sed('/args/s/Hello/Good morning/');
      await host.says('GOOD MORNING, ADA!');
      sed('s/plugins:/plugins: [/');
      await host.says('CONFIG_1702');
      sed('s/plugins: \\[/plugins:/; s/timeout: 1s/timeout: 3s/');
      await host.says('settings.timeoutMs: 1000 -> 3000');
      host.process.kill('SIGINT');
      await once(host.process, 'exit');
      expect(host.process.exitCode).toBe(0);
      expect(host.output()).toMatch(/\n[1-9]\d+ calls answered, 0 lost\n$/);
    },
  );

  it('says what is wrong with a file that cannot be used, and ends', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('host.yaml', 'plugins:\n  - name: greeter\n    comand: node\n');
    await using host = startHost(file);
    await once(host.process, 'exit');
    expect(host.process.exitCode).toBe(1);
    expect(host.output()).toMatch(/host\.yaml:3:5: .*command/);
  });
});
