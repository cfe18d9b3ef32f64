import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const haraka = join(root, 'node_modules/.haraka/node_modules/Haraka');

/** Haraka brings two hundred packages along, so it is no dependency. */
export const hasHaraka: boolean = existsSync(haraka);

/** How it comes there. */
export const howToInstall = 'npm install --prefix node_modules/.haraka --omit=optional Haraka';

/** What a hook of the plugin in programs/haraka-plugin.mjs was told. */
export type Seen = Readonly<Record<string, unknown>>;

/** A Haraka that runs with this plugin. */
export interface HarakaServer extends AsyncDisposable {
  readonly port: number;
  /** What that hook was told, once it has been told so often. */
  seen(hook: string, times?: number): Promise<readonly Seen[]>;
  /** The mail that was delivered. */
  kept(): Promise<readonly string[]>;
  readonly log: () => string;
  /** Resolves to its exit code. */
  readonly exited: Promise<number | null>;
  /** Files of messages that are there now. */
  spooled(): Promise<readonly string[]>;
}

/** Starts one; it listens, unless it may not. */
export async function harakaServer(env: Readonly<Record<string, string>> = {}): Promise<HarakaServer> {
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), 'plugboard-test-'));
  await install(home, port);
  const temporary = join(home, 'tmp');
  const child = spawn(process.execPath, ['--expose-gc', join(haraka, 'bin/haraka'), '-c', home], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], TMPDIR: temporary, KEPT: join(home, 'kept'), ...env },
  });
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  const seen: Seen[] = [];
  let log = '';
  let wake: () => void = () => {};
  const listen = (line: string): void => {
    log += `${line}\n`;
    if (line.startsWith('SEEN ')) seen.push(JSON.parse(line.slice(5)) as Seen);
    wake();
  };
  createInterface({ input: child.stdout }).on('line', listen);
  createInterface({ input: child.stderr }).on('line', listen);
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo() && child.exitCode === null) await new Promise<void>((resolve) => (wake = resolve));
  };
  void exited.then(() => wake());
  await until(() => log.includes('Listening on'));
  const kept = async () => await readdir(join(home, 'kept'));
  return {
    port,
    exited,
    log: () => log,
    async seen(hook, times = 1) {
      const all = () => seen.filter((one) => one['hook'] === hook);
      await until(() => all().length >= times);
      return all();
    },
    kept: async () =>
      await Promise.all((await kept()).map((file) => readFile(join(home, 'kept', file), 'utf8'))),
    spooled: async () => await readdir(temporary),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function install(home: string, port: number): Promise<void> {
  const plugin = join(home, 'plugins/plugboard');
  for (const folder of ['kept', 'tmp', 'queue', 'node_modules']) await mkdir(join(home, folder));
  await mkdir(plugin, { recursive: true });
  await cp(join(haraka, 'config'), join(home, 'config'), { recursive: true });
  await writeFile(join(home, 'config/smtp.ini'), `listen=127.0.0.1:${port}\nnodes=0\n`);
  await writeFile(join(home, 'config/plugins'), 'plugboard\n');
  await writeFile(join(home, 'config/me'), 'haraka.example\n');
  await writeFile(
    join(plugin, 'package.json'),
    '{ "version": "1.0.0", "type": "module", "main": "index.js" }',
  );
  await copyFile(join(root, 'test/email/programs/haraka-plugin.mjs'), join(plugin, 'index.js'));
  await symlink(root, join(home, 'node_modules/plugboard'), 'dir');
}
