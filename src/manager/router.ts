import { PluginError } from '../core/errors.ts';
import type { Routable } from '../resilience/call-parts.ts';
import type { Instance } from './instance.ts';

let picks = 0;

/**
 * Sends a call to one of a plugin's instances: the best that runs and whose breaker lets it through; one that is sick
 * leaves the rotation and comes back by its breaker's probes.
 * Returns why there is none.
 */
export function route(
  call: Routable,
  instances: readonly Instance[],
  plugin: string,
): PluginError | undefined {
  const only = instances.length === 1 ? instances[0] : undefined;
  if (only === undefined) return routeAmong(call, instances, plugin);
  return admitted(call, only) ? undefined : circuitOpen(plugin, instances);
}

function routeAmong(call: Routable, instances: readonly Instance[], plugin: string): PluginError | undefined {
  // An instance that is down answers at once with why; it is asked only if no other is there.
  const up = instances.filter(({ available }) => available);
  const down = instances.filter(({ available }) => !available);
  for (const instance of [...inOrder(up), ...inOrder(down)]) {
    if (!admitted(call, instance)) continue;
    instance.lastPick = ++picks;
    return undefined;
  }
  return circuitOpen(plugin, instances);
}

function admitted(call: Routable, instance: Instance): boolean {
  if (instance.breaker !== undefined) {
    call.pass = instance.breaker.admit();
    if (call.pass === undefined) return false;
  }
  call.target = instance;
  return true;
}

function inOrder(instances: readonly Instance[]): readonly Instance[] {
  return instances[0]?.spread === 'weighted' ? byWeight(instances) : instances.toSorted(byLoad);
}

/** The fewest running calls; among equals the one that was picked longest ago. */
function byLoad(a: Instance, b: Instance): number {
  return a.tally.active - b.tally.active || a.lastPick - b.lastPick;
}

/** Smooth weighted round robin: each gains its weight, the richest is picked and pays for all. */
function byWeight(instances: readonly Instance[]): readonly Instance[] {
  const total = instances.reduce((sum, { weight }) => sum + weight, 0);
  for (const instance of instances) instance.credit += instance.weight;
  const richestFirst = instances.toSorted((a, b) => b.credit - a.credit);
  const [picked] = richestFirst;
  if (picked !== undefined) picked.credit -= total;
  return richestFirst;
}

function circuitOpen(plugin: string, instances: readonly Instance[]): PluginError {
  const retryAfterMs = Math.ceil(Math.min(...instances.map(({ breaker }) => breaker?.retryAfterMs ?? 0)));
  const when = retryAfterMs === 0 ? 'probes are under way' : `the next probe may come in ${retryAfterMs} ms`;
  const message = `its circuit is open after too many failures; ${when}. Look at why it fails.`;
  return PluginError.withoutStack('CIRCUIT_1401', {
    plugin,
    message,
    retryAfterMs: retryAfterMs || undefined,
  });
}
