import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Admission, SecurityStatistics, Launch } from 'plugboard';
import { listed } from '../listed.ts';

/** Long enough to be caught half written. */
export const padding: string = '#'.repeat(20_000);

/** How the file is swapped. Rewriting in place is the hardest to see: nothing of the file changes but its bytes. */
export const ways: readonly (readonly [how: string, tries: number])[] = [
  ['rewrite', 1000],
  ['rename', 100],
  ['link', 100],
];

/** A plugin that is swapped while it starts. */
export interface Race {
  readonly name: string;
  /** The file whose program says a word, `good` or `evil`. */
  readonly text: (word: string) => string;
  readonly launch: (file: string) => Launch;
  /** Starts what was admitted, and hears its word. */
  readonly run: (launch: Launch) => Promise<string>;
}

/** What came of all the starts; each that was admitted was run. */
export interface Outcome {
  readonly good: number;
  readonly evil: number;
  readonly refused: number;
  readonly statistics: SecurityStatistics;
}

/** Starts a plugin so many times while its file is swapped. */
export async function raced({ name, text, launch, run }: Race, how: string, tries: number): Promise<Outcome> {
  await using host = await listed();
  const file = await host.write(name, text('good'), 0o755);
  await host.list({ score: await host.pin(file) });
  const gate = await host.gate();
  const seen = { good: 0, evil: 0, refused: 0 };
  const start = async (): Promise<void> => {
    const admission = await gate.admit('score', launch(file)).catch(() => undefined);
    const word = admission === undefined ? 'refused' : await runAdmitted(admission, run);
    seen[word as keyof typeof seen]++;
  };
  {
    await using _ = await attack(file, text('good'), text('evil'), how);
    await inLanes(tries, 4, start);
  }
  return { ...seen, statistics: gate.report().statistics };
}

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

async function runAdmitted(admission: Admission, run: Race['run']): Promise<string> {
  try {
    return await run(admission.launch);
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
