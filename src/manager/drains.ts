import type { PluginRecorder } from '../core/metrics.ts';
import type { CallPath } from '../resilience/call-path.ts';
import type { Tally } from '../resilience/tally.ts';
import type { Instance } from './instance.ts';
import type { Shared } from './shared.ts';
import type { DrainReport } from './view.ts';

/** For a plugin without running calls to clean up, in milliseconds; then it is ended by force. */
const closeTimeoutMs = 5000;

/** The plugin whose calls are to end. */
export interface Drained {
  readonly plugin: string;
  readonly instances: readonly Instance[];
  /** The way of its calls; undefined before it is open. */
  readonly path: CallPath | undefined;
  readonly tally: Tally;
  readonly shared: Shared;
  readonly recorder: PluginRecorder | undefined;
  /** When all of it has to be over; `Infinity` where each step has its own time. */
  readonly endsAt: number;
}

/**
 * Lets the calls of the whole plugin end for `timeoutMs`, then stops every instance. `endHurry` ends a shorter time
 * that was given meanwhile, and says how many calls it cancelled.
 */
export async function drainPlugin(
  drained: Drained,
  timeoutMs: number,
  endHurry: (() => number) | undefined,
): Promise<DrainReport> {
  const { plugin, instances, path, tally, shared, recorder } = drained;
  const { clock } = shared;
  const startedAt = clock.now();
  const wasOver = instances.every(({ supervisor }) => supervisor.ended);
  const tell = teller(shared, plugin, undefined);
  if (tally.active > 0) tell(tally.active);
  for (const instance of instances) instance.draining();
  const late = (await path?.drain({ timeoutMs, onProgress: tell })) ?? 0;
  const cancelled = late + (endHurry?.() ?? 0);
  await stopAll(instances, closeMs(drained, timeoutMs));
  path?.close();
  if (!wasOver) recorder?.drained(cancelled);
  if (!wasOver) tell(0, cancelled);
  return { cancelled, durationMs: clock.now() - startedAt };
}

/** Drains and stops instances that calls no longer go to, each by itself; says how many calls were cancelled. */
export async function retire(drained: Drained, timeoutMs: number): Promise<number> {
  const { plugin, instances, path, shared, recorder } = drained;
  const counts = await Promise.all(
    instances.map(async (instance) => {
      const tell = teller(shared, plugin, instance.index);
      const wasOver = instance.supervisor.ended;
      if (instance.tally.active > 0) tell(instance.tally.active);
      instance.draining();
      const cancelled = (await path?.drainTarget(instance, { timeoutMs, onProgress: tell })) ?? 0;
      await stopAll([instance], closeMs(drained, timeoutMs));
      if (!wasOver) tell(0, cancelled);
      return cancelled;
    }),
  );
  const cancelled = counts.reduce((sum, count) => sum + count, 0);
  if (instances.length > 0) recorder?.drained(cancelled);
  return cancelled;
}

async function stopAll(instances: readonly Instance[], timeoutMs: number): Promise<void> {
  await Promise.all(instances.map((instance) => instance.stop(timeoutMs)));
}

/** A plugin is asked to end for half of what is left: the other half is for the signals, should it not. */
function closeMs({ shared: { clock }, endsAt }: Drained, timeoutMs: number): number {
  return Math.max(0, Math.min(timeoutMs, closeTimeoutMs, (endsAt - clock.now()) / 2));
}

/** Tells how a drain goes on; with a count of cancelled calls, that it is over. */
function teller(
  { events }: Shared,
  plugin: string,
  instance: number | undefined,
): (remaining: number, cancelled?: number) => void {
  return (remaining, cancelled) => events.emit('drain', { plugin, instance, remaining, cancelled });
}
