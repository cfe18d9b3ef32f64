import { defineHooks, definePlugin, hook, Simple, type PluginManager } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { race, type Contender } from '../measure/race.ts';
import type { RatioRow, Report, TimeRow } from '../report/report.ts';
import { timeRows, timesAsLong } from '../report/rows.ts';
import { hookRivals, type Handler, type Say } from '../rivals/hooks.ts';

const goOn: Say = { action: 'continue' };
const refuse = (): Say => ({ action: 'reject' });
const hooks = defineHooks({
  judge: hook<number, Say>({ combine: 'first-decisive', onFailure: 'closed', otherwise: goOn, refuse }),
});

/** A hook that plugins in this process answer, none of which decides, against libraries that only call functions. */
export async function run(): Promise<Report> {
  const times: TimeRow[] = [];
  const ratios: RatioRow[] = [];
  for (const isSync of [true, false]) {
    for (const count of [0, 1, 5]) {
      if (count === 0 && !isSync) continue; // nobody is there to answer later
      const about = count === 0 ? 'no plugin' : `${count} ${isSync ? 'at once' : 'later'}`;
      const handler: Handler = isSync ? () => goOn : async () => goOn;
      await using manager = await managerOf(count, handler);
      const handlers = Array.from({ length: count }, () => handler);
      const contenders = [ours(manager), ...hookRivals(handlers, isSync)];
      const laps = await race(contenders, { rounds: 21, calls: 20_000, warmups: 10 });
      times.push(...timeRows(laps, about));
      for (const { name } of contenders.slice(1)) ratios.push(timesAsLong(laps, about, ['run', name]));
    }
  }
  return {
    group: 'hooks',
    about:
      'a hook of several plugins in the process: deadline, counters, failures apart, against bare dispatch',
    times,
    ratios,
    facts: [],
  };
}

async function managerOf(count: number, judge: Handler): Promise<PluginManager<typeof hooks>> {
  const manager: PluginManager<typeof hooks> = await Simple(hooks).build();
  for (let index = 0; index < count; index++) {
    const info = { name: `judge-${index}`, version: '1.0.0' };
    await manager.register(info.name, inProcess(definePlugin<typeof hooks>({ ...info, hooks: { judge } })));
  }
  return manager;
}

function ours(manager: PluginManager<typeof hooks>): Contender {
  return {
    name: 'run',
    run: async (calls) => {
      for (let call = 0; call < calls; call++) {
        const verdict = manager.run('judge', call);
        if (verdict instanceof Promise) await verdict;
      }
    },
  };
}
