import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { Launch } from 'plugboard';
import { moduleLaunch } from '../listed.ts';
import { padding, raced, ways } from './race.ts';

const text = (word: string): string =>
  `/*${padding}*/ import { parentPort } from 'node:worker_threads'; parentPort.postMessage('${word}');`;

const run = async (launch: Launch): Promise<string> => {
  if (launch.kind !== 'module') throw new Error('no module');
  const worker = new Worker(launch.file);
  const [word] = (await once(worker, 'message')) as [string];
  await worker.terminate();
  return word;
};

it.each(ways)(
  'a worker whose module is swapped while it starts never runs what was not listed: under %s, %i starts',
  { timeout: 120_000 },
  async (how, tries) => {
    const race = { name: 'score.mjs', text, launch: moduleLaunch, run };
    const { good, evil, refused, statistics } = await raced(race, how, tries);
    expect(evil).toBe(0);
    expect(good).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    expect(statistics).toMatchObject({ attempts: tries, authorized: good, rejected: refused });
  },
);
