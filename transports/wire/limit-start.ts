import { PluginError } from '../../src/core/errors.ts';
import type { OpenSetup } from '../../src/core/transport.ts';
import { startTimedOut } from './start-timeout.ts';

/**
 * Calls `abandon` when a start takes too long or nobody wants it any more; the function it gives ends the watch.
 */
export function limitStart(
  { startTimeoutMs, clock, signal, plugin }: OpenSetup,
  abandon: (reason: PluginError) => void,
  timedOut = (): PluginError => startTimedOut(plugin, startTimeoutMs),
): () => void {
  const timer = clock.startTimer(startTimeoutMs, () => abandon(timedOut()));
  const onAbort = (): void => abandon(PluginError.from(signal.reason, 'PLUGIN_1206', { plugin }));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return () => {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  };
}
