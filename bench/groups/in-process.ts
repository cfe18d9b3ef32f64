import { definePlugin, Production, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { bytesPerCall } from '../measure/heap.ts';
import { countMade } from '../measure/made.ts';
import { race, type Contender } from '../measure/race.ts';
import { atMost, type FactRow, type Report, type Target } from '../report/report.ts';
import { fact, timeRows, timesAsLong } from '../report/rows.ts';

interface Numbers {
  readonly n: number;
}

const request: Numbers = { n: 21 };
const twice = async ({ n }: Numbers): Promise<Numbers> => ({ n: n * 2 });

const bare: Contender = {
  name: 'bare await',
  run: async (calls) => {
    for (let call = 0; call < calls; call++) await twice(request);
  },
};

/** What stands around a call where there is no library: the yardstick beside which the figures are read. */
const byHand: Contender = {
  name: 'AbortController, setTimeout and race by hand',
  run: async (calls) => {
    for (let call = 0; call < calls; call++) await withTimeout(() => twice(request), 10_000);
  },
};

async function withTimeout<T>(ask: (signal: AbortSignal) => Promise<T>, timeoutMs: number): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort();
      reject(new Error('too late'));
    }, timeoutMs);
  });
  try {
    return await Promise.race([ask(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

const about = 'one after the other';
const countedCalls = 10_000;

const plugin = definePlugin({ name: 'twice', version: '1.0.0', execute: twice });
const pluginAtOnce = definePlugin({
  name: 'twice-at-once',
  version: '1.0.0',
  execute: ({ n }: Numbers) => ({ n: n * 2 }),
});

/** A call inside the process, with a deadline and counters on, against the bare function. */
export async function run(): Promise<Report> {
  await using simple = await Simple<Numbers, Numbers>()
    .withTimeout(10_000)
    .withPlugin('later', inProcess(plugin))
    .withPlugin('at-once', inProcess(pluginAtOnce))
    .build();
  await using production = await Production<Numbers, Numbers>()
    .withPlugin('later', inProcess(plugin))
    .build();
  const execute: Contender = {
    name: 'execute',
    run: async (calls) => {
      for (let call = 0; call < calls; call++) await simple.execute('later', request);
    },
  };
  const atOnce: Contender = {
    name: 'execute of a plugin that answers at once',
    run: async (calls) => {
      for (let call = 0; call < calls; call++) await simple.execute('at-once', request);
    },
  };
  const inProduction: Contender = {
    name: 'execute with metrics and circuit breaker (Production)',
    run: async (calls) => {
      for (let call = 0; call < calls; call++) await production.execute('later', request);
    },
  };
  const contenders = [bare, execute, atOnce, inProduction, byHand];
  const laps = await race(contenders, { rounds: 51, calls: 10_000, warmups: 20 });
  return {
    group: 'in-process',
    about: 'execute with a deadline of 10 s and counters on, against bare calls of the same async function',
    times: timeRows(laps, about),
    ratios: [
      timesAsLong(laps, about, ['execute', 'bare await'], atMost(5)),
      ...[atOnce, inProduction, byHand].map(({ name }) => timesAsLong(laps, about, [name, 'bare await'])),
    ],
    facts: [
      ...(await madeBy(execute, atMost(0), atMost(2))),
      ...(await madeBy(byHand)),
      ...(await heapOf(contenders)),
    ],
  };
}

/** Of timers there is one that gives the calls of a turn their time, and one for the earliest deadline. */
async function madeBy(contender: Contender, controllers?: Target, timers?: Target): Promise<FactRow[]> {
  const made = await countMade(() => contender.run(countedCalls));
  const by = `made by ${countedCalls.toLocaleString('en')} calls: ${contender.name}`;
  return [
    fact(`AbortControllers and signals ${by}`, made.abortControllers, '', controllers),
    fact(`timers ${by}`, made.timers, '', timers),
  ];
}

async function heapOf(contenders: readonly Contender[]): Promise<FactRow[]> {
  const rows: FactRow[] = [];
  for (const contender of contenders) {
    const bytes = Math.round(await bytesPerCall(contender.run));
    rows.push(fact(`heap that a call takes: ${contender.name}`, bytes, 'bytes'));
  }
  return rows;
}
