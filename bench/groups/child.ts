import { Production } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { inFlight } from '../measure/in-flight.ts';
import { race, type Course, type Laps } from '../measure/race.ts';
import { requestOf, sizes } from '../measure/requests.ts';
import { atLeast, atMost, type RatioRow, type Report, type TimeRow } from '../report/report.ts';
import { timeRows, timesAsFast, timesAsLong } from '../report/rows.ts';
import { bareLines, forkIpc } from '../rivals/processes.ts';
import type { Rival } from '../rivals/rival.ts';
import { plainPort } from '../rivals/threads.ts';

/** Fewer calls where one takes longer. */
const courses: Readonly<
  Record<keyof typeof sizes, { readonly sequential: Course; readonly inFlight: Course }>
> = {
  '100 B': { sequential: { rounds: 99, calls: 100 }, inFlight: { rounds: 25, calls: 10_000 } },
  '10 KB': { sequential: { rounds: 49, calls: 75 }, inFlight: { rounds: 25, calls: 600 } },
  '1 MB': { sequential: { rounds: 9, calls: 4 }, inFlight: { rounds: 5, calls: 64, warmups: 1 } },
};

const width = 64;

/** Messages to a child process and back, against the barest echo, Node's own IPC and a thread. */
export async function run(): Promise<Report> {
  const source = subprocess(process.execPath, {
    args: [new URL('../programs/plugin.js', import.meta.url).pathname],
  });
  await using manager = await Production<unknown, unknown>()
    .withTimeout(60_000)
    .withPlugin('echo', source)
    .build();
  const rivals: Readonly<Record<string, Rival>> = {
    plugboard: { ask: (request) => manager.execute('echo', request), close: () => {} },
    'bare echo': bareLines(),
    'fork IPC': forkIpc(),
    'worker postMessage': plainPort(),
  };
  const times: TimeRow[] = [];
  const ratios: RatioRow[] = [];
  try {
    for (const [size, bytes] of Object.entries(sizes)) {
      const found = await measured(rivals, requestOf(bytes), size as keyof typeof sizes);
      times.push(...found.times);
      ratios.push(...found.ratios);
    }
  } finally {
    for (const rival of Object.values(rivals)) rival.close();
  }
  const about =
    'JSON to a child process and back: a bare newline-JSON echo over the same descriptor, fork IPC, a thread';
  return { group: 'child', about, times, ratios, facts: [] };
}

async function measured(
  rivals: Readonly<Record<string, Rival>>,
  request: unknown,
  size: keyof typeof sizes,
): Promise<Pick<Report, 'times' | 'ratios'>> {
  const { sequential, inFlight: crowded } = courses[size];
  const one = await raced(rivals, request, 1, sequential);
  const many = await raced(rivals, request, width, crowded);
  const aboutOne = `${size}, one after the other`;
  const aboutMany = `${size}, ${width} in flight`;
  return {
    times: [...timeRows(one, aboutOne), ...timeRows(many, aboutMany)],
    ratios: [
      timesAsLong(one, aboutOne, ['plugboard', 'bare echo'], atMost(1.5)),
      timesAsLong(one, aboutOne, ['plugboard', 'fork IPC']),
      timesAsFast(many, aboutMany, ['plugboard', 'bare echo']),
      timesAsFast(many, aboutMany, ['plugboard', 'fork IPC'], atLeast(1)),
      timesAsFast(many, aboutMany, ['plugboard', 'worker postMessage']),
    ],
  };
}

function raced(
  rivals: Readonly<Record<string, Rival>>,
  request: unknown,
  atOnce: number,
  course: Course,
): Promise<Laps> {
  const contenders = Object.entries(rivals).map(([name, rival]) => ({
    name,
    run: (calls: number) => inFlight(calls, atOnce, () => rival.ask(request)),
  }));
  return race(contenders, course);
}
