import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import {
  silentLogger,
  systemClock,
  type Gate,
  type GateHost,
  type Launch,
  type PluginError,
} from 'plugboard';
import { whitelistGate, type WhitelistOptions } from 'plugboard/security';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';

export const sha256 = (bytes: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

process.umask(0o022); // elsewhere a new file may be its group's to write, which is what a gate refuses

/** An entry as JSON has it. */
export type Entry = Readonly<Record<string, unknown>>;

/** A folder with plugins and a whitelist beside them. */
export interface Listed extends AsyncDisposable {
  readonly folder: string;
  /** The whitelist. */
  readonly file: string;
  readonly gates: Gate[];
  /** Writes a file of a plugin; nobody but us may write it. */
  write(name: string, text: string | Uint8Array, mode?: number): Promise<string>;
  /** Writes the whitelist: entries by name, and what holds for all. */
  list(plugins: Readonly<Record<string, Entry>>, more?: object): Promise<void>;
  /** The entry of a file as it is now. */
  pin(path: string, more?: Entry): Promise<Entry>;
  /** A gate over this whitelist, open. */
  gate(options?: Partial<WhitelistOptions>, host?: Partial<GateHost>): Promise<Gate>;
}

/** Makes an empty folder with an empty whitelist; gates and files are gone at the end of the test. */
export async function listed(): Promise<Listed> {
  const temp: TempFolder = await tempFolder();
  const { path: folder } = temp;
  const file = join(folder, 'plugins.whitelist');
  const gates: Gate[] = [];
  const self: Listed = {
    folder,
    file,
    gates,
    write: async (name, text, mode = 0o644) => {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      await chmod(path, mode);
      return path;
    },
    list: async (plugins, more = {}) => writeFile(file, JSON.stringify({ version: '1.0', ...more, plugins })),
    pin: async (path, more = {}) => ({
      path: relative(folder, path),
      hash: sha256(await readFile(path)),
      ...more,
    }),
    gate: async (options = {}, host = {}) => {
      const gate = whitelistGate({ whitelist: file, watch: false, ...options });
      gates.push(gate);
      await gate.open({ clock: systemClock, logger: silentLogger, revoke: () => {}, ...host });
      return gate;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(gates.map((gate) => gate.close()));
      await temp[Symbol.asyncDispose]();
    },
  };
  await self.list({});
  return self;
}

/** A program launch as `subprocess` makes it. */
export function program(command: string, args: readonly string[] = [], more: object = {}): Launch {
  return { kind: 'program', command, args, cwd: process.cwd(), env: {}, ...more };
}

export const moduleLaunch = (file: string): Launch => ({ kind: 'module', file });

/** The kinds of violation of a refusal. */
export function kindsOf(error: unknown): string[] {
  const { violations } = (error as PluginError).context as { violations: { kind: string }[] };
  return [...new Set(violations.map(({ kind }) => kind))];
}

/** Why a gate refuses a launch. */
export async function refusalOf(gate: Gate, launch: Launch, plugin = 'score'): Promise<PluginError> {
  try {
    const admission = await gate.admit(plugin, launch);
    await admission.release();
  } catch (error) {
    return error as PluginError;
  }
  throw new Error('it was admitted, against expectation');
}

/** One whitelisted shell script, `score`, and a gate. */
export async function scoredBy(text: string, more: Entry = {}) {
  const host = await listed();
  const file = await host.write('plugins/score.sh', text, 0o755);
  await host.list({ score: await host.pin(file, more) });
  return { host, file, gate: await host.gate() };
}
