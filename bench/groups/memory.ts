import { setImmediate as turn } from 'node:timers/promises';
import { isPluginError, Production, type PluginManager } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { openDescriptors, settledHeap } from '../measure/heap.ts';
import { inFlight } from '../measure/in-flight.ts';
import { atMost, type Report } from '../report/report.ts';
import { fact } from '../report/rows.ts';

type Echo = PluginManager<unknown, unknown, 'echo'>;

const calls = 10_000;
const kills = 20;
const width = 64;

/** What a collection cannot take back is not a leak of calls: compiled code, caches of Node. */
const slackBytes = 256 * 1024;

/** Calls through a child that is killed and started again: what is left of them. */
export async function run(): Promise<Report> {
  const source = subprocess(process.execPath, {
    args: [new URL('../programs/plugin.js', import.meta.url).pathname],
  });
  await using manager = await Production<unknown, unknown>()
    .withPlugin('echo', source, { restart: { initialDelayMs: 1, multiplier: 1, maxRestarts: 1000 } })
    .build();
  for (let warmup = 0; warmup < 2; warmup++) await lap(manager); // what is made once: compiled code, lists, buffers
  const heapBefore = await settledHeap();
  const descriptorsBefore = openDescriptors();
  const { restarts } = manager.getPlugin('echo') ?? { restarts: 0 };
  const { answered, broken } = await lap(manager);
  const heapGrowth = (await settledHeap()) - heapBefore;
  const descriptors = openDescriptors();
  return {
    group: 'memory',
    about: `${calls} calls, ${width} in flight, through a child that is killed ${kills} times while it works; after two such laps`,
    times: [],
    ratios: [],
    facts: [
      fact('calls answered', answered, ''),
      fact('calls broken off by a kill, and made again', broken, ''),
      fact('restarts', (manager.getPlugin('echo')?.restarts ?? 0) - restarts, ''),
      fact('growth of the heap', heapGrowth, 'bytes', atMost(slackBytes)),
      ...(descriptors === undefined || descriptorsBefore === undefined
        ? []
        : [fact('growth in descriptors', descriptors - descriptorsBefore, '', atMost(0))]),
    ],
  };
}

async function lap(manager: Echo): Promise<{ answered: number; broken: number }> {
  let answered = 0;
  let broken = 0;
  let killed = 0;
  await inFlight(calls, width, async () => {
    while (!(await isAnswered(manager))) broken++;
    answered++;
    if (answered >= ((killed + 1) * calls) / (kills + 1) && killed < kills) killed += kill(manager);
  });
  return { answered, broken };
}

/** One call; false if there was no child to answer it, and then not before there is one. */
async function isAnswered(manager: Echo): Promise<boolean> {
  try {
    await manager.execute('echo', { text: 'minutes of the last meeting' });
    return true;
  } catch (error) {
    if (!isPluginError(error) || !error.retryable) throw error;
    await turn(); // the end of the child may not be known yet
    await ready(manager);
    return false;
  }
}

function ready(manager: Echo): Promise<void> {
  return new Promise((resolve) => {
    const undo = manager.on('state', ({ to }) => {
      if (to.status !== 'ready') return;
      undo();
      resolve();
    });
    if (manager.getPlugin('echo')?.state.status !== 'ready') return;
    undo();
    resolve();
  });
}

function kill(manager: Echo): number {
  const pid = manager.getPlugin('echo')?.pid;
  if (pid === undefined) return 0;
  process.kill(pid, 'SIGKILL');
  return 1;
}
