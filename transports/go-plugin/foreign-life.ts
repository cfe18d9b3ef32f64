import { readFileSync } from 'node:fs';

import type { Clock } from '../../src/core/clock.ts';
import { PluginError } from '../../src/core/errors.ts';
import { withResolvers } from '../wire/with-resolvers.ts';
import type { Life } from './life.ts';

/** How often a process that is no child is looked for, as go-plugin does it. */
const lookEveryMs = 1000;

/** A process that somebody else started. Its number is believed as long as it is the process that had it at first. */
export function foreignLife(pid: number, isOurs: boolean, clock: Clock, plugin: string): Life {
  const { promise: gone, resolve: end } = withResolvers<PluginError>();
  const startedAt = startOf(pid);
  const isThere = (): boolean => isRunning(pid) && startOf(pid) === startedAt;
  const over = (): void => {
    timer.cancel();
    const message = `the process ${pid}, which this host did not start, ended while the plugin was in use. Start it anew, and attach to it again.`;
    end(new PluginError('PLUGIN_1205', { plugin, message, context: { pid } }));
  };
  const look = (): void => {
    if (!isThere()) return over();
    timer = clock.startTimer(lookEveryMs, look);
    timer.keepAlive(false);
  };
  let timer = clock.startTimer(0, look);
  const kill = (): void => {
    if (isOurs && isThere()) process.kill(pid, 'SIGKILL');
    if (!isOurs) over();
  };
  return { pid, gone, isOurs, kill };
}

/** A process that this one may not signal runs too. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** When a process was started, in the system's own unit; undefined where it does not tell. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
