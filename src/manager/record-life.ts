import type { Clock } from '../core/clock.ts';
import type { InstanceRecorder } from '../core/metrics.ts';
import type { InstanceEvents } from './instance.ts';

/** Counts what happens to an instance; without a recorder it counts nothing. */
export function recordLife(
  recorder: InstanceRecorder | undefined,
  clock: Clock,
): Omit<InstanceEvents, 'health'> {
  let startedAtMs = 0;
  return {
    state(from, to) {
      if (to.status === 'starting') startedAtMs = clock.now();
      if (to.status === 'starting' && to.attempt > 1) recorder?.restarted();
      if (from.status !== 'starting') return;
      if (to.status === 'ready') recorder?.started(clock.now() - startedAtMs);
      if (to.status === 'restarting' || to.status === 'failed') recorder?.startFailed();
    },
    breaker(_from, to) {
      if (to === 'open') recorder?.tripped();
    },
    healthCheckFailed: () => recorder?.healthCheckFailed(),
  };
}
