import { Simple, type PluginSettings } from 'plugboard';
import { Puppet } from '../manager/puppet.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';

/** A plugin that answers with a name. */
export function named(name: string): Puppet {
  const puppet = new Puppet();
  puppet.answer = () => name;
  return puppet;
}

/** A host of one plugin, on a clock that stands still. */
export async function hostOf(source: Puppet, settings: PluginSettings<never> = {}) {
  const clock = new ManualClock();
  const host = await managed(
    Simple<string, string>().withClock(clock).withMetrics().withPlugin('auth', source, settings).build(),
  );
  return { clock, host, manager: host.manager };
}
