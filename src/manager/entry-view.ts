import type { PluginState } from '../core/plugin-state.ts';
import type { PluginSource } from '../core/transport.ts';
import type { CallPath } from '../resilience/call-path.ts';
import type { Tally } from '../resilience/tally.ts';
import type { Instance } from './instance.ts';
import type { InstanceView, PluginView } from './view.ts';

/** What a view is made from. */
interface Viewed {
  readonly name: string;
  readonly source: PluginSource;
  readonly instances: readonly Instance[];
  readonly tally: Tally;
  readonly path: CallPath | undefined;
}

/** What can be seen of a plugin and its instances now. */
export function viewOf(entry: Viewed): PluginView {
  const best = bestOf(entry.instances);
  const live = best?.supervisor.live;
  return {
    name: entry.name,
    kind: entry.source.kind,
    target: entry.source.target,
    state: best?.supervisor.state ?? { status: 'stopped' },
    info: live?.info,
    hooks: live?.hooks ?? [],
    pid: live?.pid,
    restarts: entry.instances.reduce((sum, { supervisor }) => sum + supervisor.restarts, 0),
    calls: entry.tally.counts,
    queued: entry.path?.queued ?? 0,
    instances: entry.instances.map(instanceView),
  };
}

const fromBestToWorst: readonly PluginState['status'][] = [
  'ready',
  'starting',
  'draining',
  'restarting',
  'stopped',
  'failed',
];

function bestOf(instances: readonly Instance[]): Instance | undefined {
  const rank = ({ supervisor }: Instance): number => fromBestToWorst.indexOf(supervisor.state.status);
  return instances.toSorted((a, b) => rank(a) - rank(b))[0];
}

function instanceView({ supervisor, monitor, breaker, tally }: Instance): InstanceView {
  return {
    state: supervisor.state,
    health: monitor.status,
    breaker: breaker?.state,
    pid: supervisor.live?.pid,
    restarts: supervisor.restarts,
    calls: tally.counts,
  };
}
