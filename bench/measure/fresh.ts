import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Laps } from './race.ts';

const program = fileURLToPath(new URL('../programs/lone-call.js', import.meta.url));

/** How much code V8 puts into one function, in bytes of its bytecode; its own default, 920, lies between. */
const leastInlined = 600;
const mostInlined = 2000;

/**
 * What a call costs several copies of the package, each measured alone in fresh processes, in turn. In one process equal
 * copies differ by a quarter, because what was loaded first shapes what the compiler makes of the next. And with one
 * setting of the compiler a few bytes of any code decide what it still inlines, and so a tenth of the time; every round
 * therefore has another setting, the same for all copies, and the middle of the rounds is what the code costs.
 */
export async function freshLaps(folders: ReadonlyMap<string, string>, rounds: number): Promise<Laps> {
  const copies = [...folders];
  const laps = new Map<string, number[]>(copies.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const inlined = Math.round(leastInlined * (mostInlined / leastInlined) ** (round / (rounds - 1)));
    // Each copy is as often the first of its round as the others.
    const first = round % copies.length;
    for (const [name, folder] of [...copies.slice(first), ...copies.slice(0, first)])
      laps.get(name)?.push(await nsPerCall(folder, inlined));
  }
  return laps;
}

/** The compiler works in the main thread: at the same moment in every process, and within the measured time. */
async function nsPerCall(folder: string, inlined: number): Promise<number> {
  const flags = ['--expose-gc', '--single-threaded', `--max-inlined-bytecode-size-cumulative=${inlined}`];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, folder]);
  return Number(stdout);
}
