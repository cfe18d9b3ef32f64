import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { tempFolder } from '../../support/temp-folder.ts';
import { goProgram } from './go-plugins.ts';
import type { GoPluginVersion } from '../../support/go-fixtures.ts';

/** A line that a host printed: what a step answered, or what the plugin printed. */
export interface Line {
  readonly step?: string;
  readonly value?: unknown;
  readonly error?: string;
  readonly code?: string;
  readonly ms?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly [key: string]: unknown;
}

/** What a host did, to its end. */
export interface HostRun {
  readonly lines: readonly Line[];
  /** Records of its log, with those of the plugin in it. */
  readonly logs: readonly Line[];
  readonly exitCode: number | null;
  /** What is left of it and its plugin in the folder for temporary files. */
  readonly left: readonly string[];
}

/** How a host in Go runs a plugin. */
export interface HostOptions {
  readonly version?: GoPluginVersion;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the fixtures' plugin in Node. */
  readonly plugin?: readonly string[];
}

/** A plugin of the fixtures, as a host starts it. */
export function nodePlugin(name: string): string[] {
  return [process.execPath, fileURLToPath(new URL(`../../fixtures/plugins/${name}`, import.meta.url))];
}

/** Starts a host in Go that does the steps; see test/fixtures/go/host. */
export function startHost(steps: readonly string[], options: HostOptions = {}): ChildProcess {
  const { version = '1.8.0', flags = [], env = {}, plugin = nodePlugin('go-kv.mjs') } = options;
  return spawn(goProgram('host', version), [...flags, ...plugin, '--', ...steps], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs one to its end, in a folder of its own for temporary files. */
export async function runHost(steps: readonly string[], options: HostOptions = {}): Promise<HostRun> {
  await using folder = await tempFolder();
  const host = startHost(steps, { ...options, env: { TMPDIR: folder.path, ...options.env } });
  const ended = once(host, 'close');
  const [lines, logs] = await Promise.all([linesOf(host.stdout), linesOf(host.stderr)]);
  await ended;
  return { lines, logs, exitCode: host.exitCode, left: await readdir(folder.path) };
}

async function linesOf(stream: Readable | null): Promise<Line[]> {
  const lines: Line[] = [];
  if (stream === null) return lines;
  for await (const line of createInterface(stream)) lines.push(lineOf(line));
  return lines;
}

/** Not everything that a host says is JSON: a panic is not. */
export function lineOf(text: string): Line {
  return text.startsWith('{') ? (JSON.parse(text) as Line) : { text };
}

/** What a step answered. */
export function answerTo(run: HostRun, step: string): Line {
  const line = run.lines.find((each) => each.step === step);
  if (line === undefined) throw new Error(`no answer to '${step}' in ${JSON.stringify(run.lines)}`);
  return line;
}

/** What the plugin printed, as it arrived at the host. */
export function printed(run: HostRun, channel: 'stdout' | 'stderr'): string {
  return run.lines.map((line) => line[channel] ?? '').join('');
}
