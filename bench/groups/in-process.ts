import { definePlugin, Production } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { bytesPerCall } from '../measure/heap.ts';
import { countMade } from '../measure/made.ts';
import { race, type Contender } from '../measure/race.ts';
import { atMost, type FactRow, type Report } from '../report/report.ts';
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

/** A call inside the process, with a deadline and counters on, against the bare function. */
export async function run(): Promise<Report> {
  const plugin = { version: '1.0.0' };
  await using manager = await Production<Numbers, Numbers>()
    .withPlugin('later', inProcess(definePlugin({ ...plugin, name: 'later', execute: twice })))
    .withPlugin(
      'at-once',
      inProcess(definePlugin({ ...plugin, name: 'at-once', execute: ({ n }: Numbers) => ({ n: n * 2 }) })),
    )
    .build();
  const execute: Contender = {
    name: 'execute',
    run: async (calls) => {
      for (let call = 0; call < calls; call++) await manager.execute('later', request);
    },
  };
  const atOnce: Contender = {
    name: 'execute of a plugin that answers at once',
    run: async (calls) => {
      for (let call = 0; call < calls; call++) await manager.execute('at-once', request);
    },
  };
  const contenders = [bare, execute, atOnce, byHand];
  const laps = await race(contenders, { rounds: 31, calls: 20_000, warmups: 10 });
  const made = await countMade(() => execute.run(countedCalls));
  const madeByHand = await countMade(() => byHand.run(countedCalls));
  const bytes: FactRow[] = [];
  for (const contender of contenders) {
    const found = await bytesPerCall(contender.run);
    bytes.push(fact(`heap that a call takes: ${contender.name}`, Math.round(found), 'bytes'));
  }
  return {
    group: 'in-process',
    about: 'execute with a deadline of 10 s and counters on, against bare calls of the same async function',
    times: timeRows(laps, about),
    ratios: [
      timesAsLong(laps, about, ['execute', 'bare await'], atMost(5)),
      timesAsLong(laps, about, [atOnce.name, 'bare await']),
      timesAsLong(laps, about, [byHand.name, 'bare await']),
    ],
    facts: [
      fact(
        `AbortControllers and signals made by ${countedCalls} calls: execute`,
        made.abortControllers,
        '',
        atMost(0),
      ),
      // one timer stands for all deadlines and is set anew when it fires
      fact(`timers made by ${countedCalls} calls: execute`, made.timers, '', atMost(1)),
      fact(
        `AbortControllers and signals made by ${countedCalls} calls: by hand`,
        madeByHand.abortControllers,
        '',
      ),
      fact(`timers made by ${countedCalls} calls: by hand`, madeByHand.timers, ''),
      ...bytes,
    ],
  };
}
