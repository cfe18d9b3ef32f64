import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { Admission, Launch } from 'plugboard';
import { listed, moduleLaunch, program } from '../listed.ts';

const padding = '#'.repeat(20_000); // long enough to be caught half written
const shell = (word: string): string => `#!/bin/sh\n${padding}\necho ${word}\n`;
const script = (word: string): string =>
  `/*${padding}*/ import { parentPort } from 'node:worker_threads'; parentPort.postMessage('${word}');`;

/** Swaps a file against an evil one in a thread of its own, until it is disposed of. */
async function attack(file: string, good: string, evil: string, how: string): Promise<AsyncDisposable> {
  const stop = new SharedArrayBuffer(4);
  const attacker = new Worker(new URL('../programs/attacker.mjs', import.meta.url), {
    workerData: { file, good, evil, how, stop },
  });
  await once(attacker, 'online');
  return {
    async [Symbol.asyncDispose]() {
      Atomics.store(new Int32Array(stop), 0, 1);
      await once(attacker, 'exit');
    },
  };
}

const runProgram = async (launch: Launch): Promise<string> => {
  if (launch.kind !== 'program') throw new Error('no program');
  return (await promisify(execFile)(launch.command, [...launch.args])).stdout.trim();
};

const runWorker = async (launch: Launch): Promise<string> => {
  if (launch.kind !== 'module') throw new Error('no module');
  const worker = new Worker(launch.file);
  const [word] = (await once(worker, 'message')) as [string];
  await worker.terminate();
  return word;
};

/** The same without running it: what would run are the bytes that the launch names. */
const readWord = async (launch: Launch, text: (word: string) => string): Promise<string> => {
  if (launch.kind === 'endpoint') throw new Error('no file');
  const file = launch.kind === 'module' ? launch.file : (launch.args[0] ?? launch.command);
  return (await readFile(file, 'utf8')) === text('good') ? 'good' : 'evil';
};

interface Race {
  readonly what: string;
  readonly name: string;
  readonly text: (word: string) => string;
  readonly launch: (file: string) => Launch;
  readonly run: (launch: Launch) => Promise<string>;
  /** One of so many starts is run, the others are read: a thread takes longer to start than to be attacked. */
  readonly runsEvery: number;
}

const races: readonly Race[] = [
  {
    what: 'program',
    name: 'score',
    text: shell,
    launch: (file) => program(file),
    run: runProgram,
    runsEvery: 1,
  },
  {
    what: 'script',
    name: 'score.sh',
    text: shell,
    launch: (file) => program('sh', [file]),
    run: runProgram,
    runsEvery: 10,
  },
  {
    what: 'worker module',
    name: 'score.mjs',
    text: script,
    launch: moduleLaunch,
    run: runWorker,
    runsEvery: 10,
  },
];

/** Rewriting in place is the hardest to see: nothing of the file changes but its bytes. */
const plan = races.flatMap((race) =>
  ['rewrite', 'rename', 'link'].map((how) => ({ ...race, how, tries: how === 'rewrite' ? 1000 : 100 })),
);

describe('a plugin that is swapped while it starts', () => {
  it.each(plan)(
    'never runs what was not listed: a $what under $how, $tries starts',
    { timeout: 120_000 },
    async ({ name, text, launch, run, runsEvery, how, tries }) => {
      await using host = await listed();
      const file = await host.write(name, text('good'), 0o755);
      await host.list({ score: await host.pin(file) });
      const gate = await host.gate();
      const seen = { good: 0, evil: 0, refused: 0 };
      const start = async (): Promise<void> => {
        const admission = await gate.admit('score', launch(file)).catch(() => undefined);
        const isRun = seen.good % runsEvery === 0;
        const outcome = (given: Launch) => (isRun ? run(given) : readWord(given, text));
        const word = admission === undefined ? 'refused' : await admitted(admission, outcome);
        seen[word as keyof typeof seen]++;
      };
      {
        await using _ = await attack(file, text('good'), text('evil'), how);
        await inLanes(tries, 4, start);
      }
      const { attempts, authorized, rejected } = gate.report().statistics;
      expect(seen.evil).toBe(0);
      expect(seen.good).toBeGreaterThan(0);
      expect(seen.refused).toBeGreaterThan(0);
      expect([attempts, authorized, rejected]).toEqual([tries, seen.good, seen.refused]);
    },
  );
});

async function admitted(admission: Admission, outcome: Race['run']): Promise<string> {
  try {
    return await outcome(admission.launch);
  } finally {
    await admission.release();
  }
}

/** Does something so many times, some of it side by side. */
async function inLanes(times: number, lanes: number, work: () => Promise<void>): Promise<void> {
  let left = times;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
