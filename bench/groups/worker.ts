import { Production } from 'plugboard';
import { worker } from 'plugboard/transports';
import { inFlight } from '../measure/in-flight.ts';
import { race, type Contender, type Laps } from '../measure/race.ts';
import { requestOf, sizes } from '../measure/requests.ts';
import { atLeast, type Report } from '../report/report.ts';
import { timeRows, timesAsFast, timesAsLong } from '../report/rows.ts';
import type { Rival } from '../rivals/rival.ts';
import { batchedPort, piscina, plainPort } from '../rivals/threads.ts';

const width = 64;
const pools = ['piscina', 'piscina, 64 tasks a thread', 'piscina, 64 tasks a thread, no Atomics.wait'];

/** Small messages to one thread and back, against bare postMessage and piscina. */
export async function run(): Promise<Report> {
  const source = worker(new URL('../programs/plugin.js', import.meta.url));
  await using manager = await Production<unknown, unknown>().withPlugin('echo', source).build();
  const rivals: Readonly<Record<string, Rival>> = {
    plugboard: { ask: (request) => manager.execute('echo', request), close: () => {} },
    'batched postMessage': batchedPort(),
    'plain postMessage': plainPort(),
    [String(pools[0])]: piscina({ concurrentTasksPerWorker: 1 }),
    [String(pools[1])]: piscina({ concurrentTasksPerWorker: width }),
    [String(pools[2])]: piscina({ concurrentTasksPerWorker: width, atomics: 'disabled' }),
  };
  const request = requestOf(sizes['100 B']);
  const contenders = (atOnce: number): Contender[] =>
    Object.entries(rivals).map(([name, rival]) => ({
      name,
      run: (calls) => inFlight(calls, atOnce, () => rival.ask(request)),
    }));
  try {
    const one = await race(contenders(1), { rounds: 15, calls: 500 });
    const many = withBest(await race(contenders(width), { rounds: 25, calls: 5000 }));
    const aboutOne = '100 B, one after the other';
    const about = `100 B, ${width} in flight`;
    return {
      group: 'worker',
      about:
        'messages to a thread and back: bare postMessage, plain and batched, and piscina with one thread',
      times: [...timeRows(one, aboutOne), ...timeRows(many, about)],
      ratios: [
        timesAsLong(one, aboutOne, ['plugboard', 'plain postMessage']),
        timesAsFast(many, about, ['plugboard', 'batched postMessage'], atLeast(0.6)),
        timesAsFast(many, about, ['plugboard', 'plain postMessage']),
        timesAsFast(many, about, ['plugboard', best], atLeast(2)),
      ],
      facts: [],
    };
  } finally {
    for (const rival of Object.values(rivals)) rival.close();
  }
}

const best = "piscina's best of the round";

/** Whichever setting of the pool was the fastest of its round. */
function withBest(laps: Laps): Laps {
  const [first = '', ...others] = pools;
  const rounds = laps.get(first) ?? [];
  const bests = rounds.map((_, round) =>
    Math.min(...[first, ...others].map((name) => laps.get(name)?.[round] ?? Infinity)),
  );
  return new Map([...laps, [best, bests]]);
}
