import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { Simple } from 'plugboard';
import { pinPath } from 'plugboard/security';
import { subprocess } from 'plugboard/transports';
import { race, type Contender, type Laps } from '../measure/race.ts';
import type { Report } from '../report/report.ts';
import { fact, timeRows, timesAsLong } from '../report/rows.ts';

const largeBytes = 100 * 1024 * 1024;

// Speaks the lines of go-plugins and needs no package, so that its copy runs anywhere.
const program = `
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, payload } = JSON.parse(line);
  process.stdout.write(JSON.stringify({ id, result: payload }) + '\\n');
});
`;

/** What it costs to start only what was verified. */
export async function run(): Promise<Report> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'plugboard-bench-')));
  try {
    const hashing = await hashLaps(folder);
    const starting = await startLaps(folder);
    const aboutHash = 'SHA-256 of a file of 100 MB';
    const aboutStart = 'from build() to the first answer';
    return {
      group: 'verified-start',
      about:
        'hashing what runs, beside the tool everybody has, and a start with a whitelist beside one without',
      times: [...timeRows(hashing.laps, aboutHash), ...timeRows(starting, aboutStart)],
      ratios: [
        timesAsLong(hashing.laps, aboutHash, ['pinPath', 'openssl dgst'], { kind: 'at most', limit: 1.3 }),
        timesAsLong(starting, aboutStart, ['verified', 'unverified']),
      ],
      facts: [fact('longest the event loop was held while hashing', hashing.maxDelayMs, 'ms')],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function hashLaps(folder: string): Promise<{ laps: Laps; maxDelayMs: number }> {
  const file = join(folder, 'large');
  await writeFile(file, randomBytes(largeBytes));
  const delaysNs: number[] = [];
  const ours = async (): Promise<void> => {
    const delay = monitorEventLoopDelay({ resolution: 1 }); // a new one: the time between two would count too
    delay.enable();
    await pinPath(file);
    delay.disable();
    delaysNs.push(delay.max);
  };
  const openssl = (): Promise<unknown> => promisify(execFile)('openssl', ['dgst', '-sha256', file]);
  const contenders = [contender('pinPath', ours), contender('openssl dgst', openssl)];
  const laps = await race(contenders, { rounds: 9, calls: 1, warmups: 1 });
  await rm(file);
  return { laps, maxDelayMs: Math.round(Math.max(...delaysNs) / 1e4) / 100 };
}

async function startLaps(folder: string): Promise<Laps> {
  const file = join(folder, 'plugin.mjs');
  const whitelist = join(folder, 'plugins.whitelist');
  await writeFile(file, program);
  const { hash } = await pinPath(file);
  await writeFile(whitelist, JSON.stringify({ plugins: { echo: { path: './plugin.mjs', hash } } }));
  const source = subprocess(process.execPath, { args: [file], protocol: 'go-plugins' });
  const plain = Simple<string, string>().withPlugin('echo', source);
  const answer = async (builder: typeof plain): Promise<void> => {
    const manager = await builder.build();
    await manager.execute('echo', 'hello');
    await manager.shutdown();
  };
  const contenders = [
    contender('unverified', () => answer(plain)),
    contender('verified', () => answer(plain.withSecurity(whitelist))),
  ];
  return race(contenders, { rounds: 9, calls: 1, warmups: 1 });
}

function contender(name: string, work: () => Promise<unknown>): Contender {
  return {
    name,
    run: async (calls) => {
      for (let call = 0; call < calls; call++) await work();
    },
  };
}
