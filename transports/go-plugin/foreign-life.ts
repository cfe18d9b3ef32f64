import type { Clock } from '../../src/core/clock.ts';
import { PluginError } from '../../src/core/errors.ts';
import { withResolvers } from '../wire/with-resolvers.ts';
import type { Life } from './life.ts';
import { identityOf, isRunning, type ProcessIdentity } from './process-identity.ts';

/** How often a process that is no child is looked for: its end is to be known soon after that of its connection. */
const lookEveryMs = 250;

/** A process that somebody else started; its number is believed as long as it is the process that had it at first. */
export function foreignLife(pid: number, isOurs: boolean, clock: Clock, plugin: string): Life {
  const { promise: gone, resolve: end } = withResolvers<PluginError>();
  const whose = identityOf(pid);
  const over = (): void => {
    timer.cancel();
    const message = `the process ${pid}, which this host did not start, ended while the plugin was in use. Start it anew, and attach to it again.`;
    end(new PluginError('PLUGIN_1205', { plugin, message, context: { pid } }));
  };
  const look = (): void => {
    if (!isRunning(whose)) return over();
    timer = clock.startTimer(lookEveryMs, look);
    timer.keepAlive(false);
  };
  let timer = clock.startTimer(0, look);
  const kill = (): void => {
    if (!isOurs || !isKilled(whose)) over();
  };
  return { pid, gone, isOurs, kill };
}

/** Not so where it is gone already, or another user's. */
function isKilled(whose: ProcessIdentity): boolean {
  try {
    return isRunning(whose) && process.kill(whose.pid, 'SIGKILL');
  } catch {
    return false;
  }
}
