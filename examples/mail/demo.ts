import { prepareCrash, type Crash } from './crash.ts';
import { judge, type Ask, type Judged } from './judge.ts';
import { inLanes } from './lanes.ts';
import { startPlugins, type MailManager } from './manager.ts';
import type { Mail } from './message/load.ts';
import { watchProcesses } from './process-watch.ts';
import { messageTable } from './report/message-table.ts';
import type { Paint } from './report/paint.ts';
import { pluginTable, timingTable } from './report/plugin-table.ts';
import { progressOn, type Progress } from './report/progress.ts';
import { summary } from './report/summary.ts';
import { count } from './report/text.ts';

/** What the demo works with. */
export interface DemoSetup {
  readonly mail: readonly Mail[];
  /** The command that starts Python, if there is one. */
  readonly python: string | undefined;
  readonly output: NodeJS.WriteStream;
  readonly paint: Paint;
  /** Ends the demo early. */
  readonly signal: AbortSignal;
}

const atOnce = 4;
const victim = 'content';

/** Judges the mail and kills a plugin meanwhile. True if every message was judged and nothing is left running. */
export async function runDemo(setup: DemoSetup): Promise<boolean> {
  const manager = await startPlugins(setup.python);
  const plugins = manager.listPlugins().map(({ name }) => name);
  const watch = watchProcesses(manager);
  let judged: readonly Judged[];
  try {
    judged = await judgeAndReport(manager, plugins, setup);
  } finally {
    await manager.shutdown();
  }
  const alive = watch.alive();
  const pids = [...watch.pids].join(', ');
  const end = alive.length === 0 ? 'nothing' : setup.paint('red', `pid ${alive.join(', ')}`);
  setup.output.write(`Shut down. Child processes started: ${pids}. Left running: ${end}.\n`);
  return alive.length === 0 && judged.every((message) => message.decision !== 'defer');
}

async function judgeAndReport(
  manager: MailManager,
  plugins: readonly string[],
  { mail, output, paint, signal }: DemoSetup,
): Promise<readonly Judged[]> {
  const say = (lines: readonly string[]): void => void output.write(`${lines.join('\n')}\n`);
  const task = `Judging ${count(mail.length, 'message')}, ${atOnce} at a time, each by ${plugins.length} plugins at once.`;
  say([...pluginTable(manager.listPlugins(), paint), '', task]);
  const started = performance.now();
  const progress = progressOn(output, mail.length);
  const crash = prepareCrash(manager, victim, paint, (line) => progress.say(line));
  let judged: readonly Judged[];
  try {
    judged = await judgeAll({ manager, plugins, mail, progress, crash, signal });
  } finally {
    progress.end();
    crash.end();
  }
  const elapsedMs = performance.now() - started;
  say(['', ...messageTable(plugins, judged, paint), '', ...timingTable(plugins, judged, paint), '']);
  const restarts = manager.listPlugins().reduce((sum, plugin) => sum + plugin.restarts, 0);
  say(summary(mail.length, judged, restarts, elapsedMs));
  return judged;
}

interface Work {
  readonly manager: MailManager;
  readonly plugins: readonly string[];
  readonly mail: readonly Mail[];
  readonly progress: Progress;
  readonly crash: Crash;
  readonly signal: AbortSignal;
}

async function judgeAll({
  manager,
  plugins,
  mail,
  progress,
  crash,
  signal,
}: Work): Promise<readonly Judged[]> {
  const halfWay = Math.floor(mail.length / 2);
  const ask: Ask = (plugin, request) => manager.execute(plugin, request);
  return await inLanes(mail, atOnce, async (message, index) => {
    signal.throwIfAborted();
    const answer = judge(plugins, message, ask, crash.seeFailure);
    // The calls of this message are on their way now, and those of its neighbours.
    if (index === halfWay) crash.strike();
    const judged = await answer;
    progress.step();
    return judged;
  });
}
