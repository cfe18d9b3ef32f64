import type { PluginView } from 'plugboard';
import type { Answer, Judged } from '../judge.ts';
import { places } from '../manager.ts';
import type { Paint } from './paint.ts';
import { duration } from './text.ts';

/** Who is going to judge. */
export function pluginTable(plugins: readonly PluginView[], paint: Paint): string[] {
  const rows = plugins.map(({ name, pid, info }) =>
    pluginLine(name, places[name] ?? '', String(pid ?? '-'), info?.description ?? ''),
  );
  return [paint('bold', pluginLine('plugin', 'runs in', 'pid', 'what it does')), ...rows];
}

/** How much each plugin was asked, and how long the host waited for its answers: restarts and all. */
export function timingTable(plugins: readonly string[], judged: readonly Judged[], paint: Paint): string[] {
  const head = timingLine('plugin', 'calls', 'failed', 'median', 'slowest');
  const rows = plugins.map((name, index) =>
    timing(
      name,
      judged.flatMap(({ answers }) => answers[index] ?? []),
    ),
  );
  return [paint('bold', head), ...rows];
}

function timing(name: string, answers: readonly Answer[]): string {
  const calls = answers.reduce((sum, { attempts }) => sum + attempts, 0);
  const failed = calls - answers.filter((answer) => 'score' in answer).length;
  const times = answers.map(({ elapsedMs }) => elapsedMs).toSorted((a, b) => a - b);
  const median = times[Math.floor((times.length - 1) / 2)] ?? 0;
  return timingLine(name, String(calls), String(failed), duration(median), duration(times.at(-1) ?? 0));
}

function pluginLine(name: string, place: string, pid: string, description: string): string {
  return `${name.padEnd(12)}${place.padEnd(16)}${pid.padStart(7)}  ${description}`;
}

function timingLine(name: string, ...cells: readonly string[]): string {
  return name.padEnd(12) + cells.map((cell) => cell.padStart(11)).join('');
}
