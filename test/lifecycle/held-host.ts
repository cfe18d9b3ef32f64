import { Simple, type DrainProgress, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { loud, waiting } from '../manager/plugins.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';

/** A plugin whose calls end when the test says so, on a clock that stands still. */
export async function heldHost(settings: PluginSettings<never> = {}) {
  const clock = new ManualClock();
  const { plugin, letGo } = waiting();
  const host = await managed(
    Simple<string, string>()
      .withClock(clock)
      .withMetrics()
      .withPlugin('auth', inProcess(plugin), settings)
      .withPlugin('mail', inProcess(loud))
      .build(),
  );
  const progress: DrainProgress[] = [];
  host.manager.on('drain', (event) => progress.push(event));
  return { clock, host, manager: host.manager, progress, letGo };
}
