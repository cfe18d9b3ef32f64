import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Launch } from 'plugboard';
import { program } from '../listed.ts';
import { padding, raced, ways } from './race.ts';

const text = (word: string): string => `#!/bin/sh\n${padding}\necho ${word}\n`;

const run = async (launch: Launch): Promise<string> => {
  if (launch.kind !== 'program') throw new Error('no program');
  return (await promisify(execFile)(launch.command, [...launch.args])).stdout.trim();
};

const races = [
  { name: 'score', text, run, launch: (file: string) => program(file) },
  { name: 'score.sh', text, run, launch: (file: string) => program('sh', [file]) },
];

it.each(races.flatMap((race) => ways.map(([how, tries]) => ({ ...race, how, tries }))))(
  'a program that is swapped while it starts never runs what was not listed: $name under $how, $tries starts',
  { timeout: 120_000 },
  async ({ how, tries, ...race }) => {
    const { good, evil, refused, statistics } = await raced(race, how, tries);
    expect(evil).toBe(0);
    expect(good).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    expect(statistics).toMatchObject({ attempts: tries, authorized: good, rejected: refused });
  },
);
