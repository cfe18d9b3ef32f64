import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { definePlugin, Simple } from 'plugboard';
import { inProcess, subprocess, worker } from 'plugboard/transports';
import { race, type Contender } from '../measure/race.ts';
import type { Report } from '../report/report.ts';
import { fact, timeRows, timesAsLong } from '../report/rows.ts';

const program = (name: string): URL => new URL(`../programs/${name}.js`, import.meta.url);
const node = process.execPath;
const args = [program('plugin').pathname];
const lineMode = { args: [program('line-plugin').pathname], protocol: 'go-plugins' } as const;
const echo = definePlugin({ name: 'echo', version: '1.0.0', execute: (request: unknown) => request });
const simple = Simple<unknown, unknown>();

/** From `build()` to ready, and what stands below it: a process or a thread that does nothing. */
export async function run(): Promise<Report> {
  const contenders = [
    built('in-process', () => simple.withPlugin('echo', inProcess(echo)).build()),
    built('worker', () => simple.withPlugin('echo', worker(program('plugin'))).build()),
    built('subprocess', () => simple.withPlugin('echo', subprocess(node, { args })).build()),
    built('subprocess over stdio', () =>
      simple.withPlugin('echo', subprocess(node, { args, channel: 'stdio' })).build(),
    ),
    built("subprocess in go-plugins' line mode", () =>
      simple.withPlugin('echo', subprocess(node, lineMode)).build(),
    ),
    { name: 'an empty thread', run: repeated(emptyThread) },
    { name: 'an empty Node process', run: repeated(emptyProcess) },
  ];
  const laps = await race(contenders, { rounds: 9, calls: 1, warmups: 1 });
  const about = 'from build() to ready, or to exit';
  const modules = modulesOf(new URL(import.meta.resolve('plugboard/serve')));
  return {
    group: 'start-up',
    about: 'how long each transport takes to be ready, beside a thread and a process that only start and end',
    times: timeRows(laps, about),
    ratios: [
      timesAsLong(laps, about, ['worker', 'an empty thread']),
      timesAsLong(laps, about, ['subprocess', 'an empty Node process']),
    ],
    facts: [
      fact("modules that 'plugboard/serve' loads", modules.size, ''),
      fact(
        'their size',
        [...modules.values()].reduce((sum, text) => sum + text.length, 0),
        'bytes',
      ),
    ],
  };
}

interface Closable {
  shutdown(): Promise<unknown>;
}

function built(name: string, build: () => Promise<Closable>): Contender {
  const managers: Closable[] = [];
  return {
    name,
    run: repeated(async () => managers.push(await build())),
    after: () => Promise.all(managers.splice(0).map((manager) => manager.shutdown())),
  };
}

function repeated(work: () => Promise<unknown>): Contender['run'] {
  return async (calls) => {
    for (let call = 0; call < calls; call++) await work();
  };
}

async function emptyThread(): Promise<void> {
  await once(new Worker('', { eval: true }), 'exit');
}

async function emptyProcess(): Promise<void> {
  await once(spawn(process.execPath, ['-e', ''], { stdio: 'ignore' }), 'exit');
}

/** Every module that one loads, with its text. */
function modulesOf(entry: URL, found = new Map<string, string>()): Map<string, string> {
  if (found.has(entry.href)) return found;
  const text = readFileSync(entry, 'utf8');
  found.set(entry.href, text);
  for (const [, path] of text.matchAll(/\bfrom\s+'(\.[^']+)'/g)) modulesOf(new URL(path ?? '', entry), found);
  return found;
}
