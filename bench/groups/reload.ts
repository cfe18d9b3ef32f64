import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Simple, type PluginManager } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { race } from '../measure/race.ts';
import { atMost, type FactRow, type Report } from '../report/report.ts';
import { fact, timeRows, timesAsLong } from '../report/rows.ts';

const args = [new URL('../programs/plugin.js', import.meta.url).pathname];
const idleMs = 5000;
/** Who looks every 5 s, as go-plugins does, sees a change after half of that in the mean. */
const meanWaitMs = 2500;

/** How long after a file is written a host behaves by it, and what a host costs that only watches. */
export async function run(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'plugboard-bench-'));
  const file = join(folder, 'host.yaml');
  try {
    await writeFile(file, configOf(0, 0));
    await using built = await Simple<unknown, unknown>().withConfig(file).build();
    const manager = built.dynamic();
    let [step, word] = [0, 0];
    const laps = await race(
      [
        { name: 'a policy', run: changes(manager, file, () => configOf(++step, word)) },
        { name: 'a replaced plugin', run: changes(manager, file, () => configOf(step, ++word)) },
        { name: 'a start and its end', run: starts },
      ],
      { rounds: 9, calls: 1, warmups: 2 },
    );
    const about = 'from the file written to the call answered by it';
    return {
      group: 'reload',
      about:
        'how long after its file is written a host behaves by it, and what a host costs that only watches',
      times: timeRows(laps, about),
      ratios: [timesAsLong(laps, about, ['a replaced plugin', 'a start and its end'])],
      facts: [
        ...['a policy', 'a replaced plugin'].map((name) => worstMs(name, laps.get(name))),
        ...(await idle()),
      ],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function configOf(step: number, word: number): string {
  const echo = {
    name: 'echo',
    command: process.execPath,
    args: [...args, `word ${word}`],
    timeout: 10_000 + step,
  };
  return JSON.stringify({ reload: { watch: true }, plugins: [echo] });
}

function changes(manager: PluginManager<unknown, unknown>, file: string, text: () => string) {
  return async (calls: number): Promise<void> => {
    for (let call = 0; call < calls; call++) {
      const applied = nextReload(manager);
      await writeFile(file, text());
      await applied;
      await manager.execute('echo', 'hello');
    }
  };
}

function nextReload(manager: PluginManager<unknown, unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const undo = manager.on('reload', ({ error }) => {
      undo();
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}

/** A child that is started, asked once, and ended: what no replacement can do without. */
async function starts(calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) {
    await using manager = await Simple<unknown, unknown>()
      .withPlugin('echo', subprocess(process.execPath, { args }))
      .build();
    await manager.execute('echo', 'hello');
  }
}

function worstMs(name: string, ns: readonly number[] = []): FactRow {
  return fact(`the longest of ${name}`, Math.round(Math.max(...ns) / 1e6), 'ms', atMost(meanWaitMs));
}

/** What a host that has only a watch and a child uses in some seconds. */
async function idle(): Promise<FactRow[]> {
  await wait(500); // what is still to be collected and compiled
  const [cpu, wakeups] = [process.cpuUsage(), switches()];
  await wait(idleMs);
  const { user, system } = process.cpuUsage(cpu);
  const own = 1; // the wait's own end
  const seconds = idleMs / 1000;
  return [
    fact(
      `processor time of a host that only watches, in ${seconds} s`,
      (user + system) / 1000,
      'ms',
      atMost(idleMs / 100),
    ),
    ...(wakeups === undefined
      ? []
      : [fact(`its wakeups, in ${seconds} s`, (switches() ?? 0) - wakeups - own, '', atMost(5))]),
  ];
}

/** How often the main thread slept and was woken so far; undefined where the system does not tell. */
function switches(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const status = readFileSync(`/proc/self/task/${process.pid}/status`, 'utf8');
  const [, count] = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status) ?? [];
  return Number(count);
}
