import { PluginError } from '../core/errors.ts';
import type { Pass } from '../resilience/breaker.ts';
import type { Routable } from '../resilience/call-parts.ts';
import type { Instance } from './instance.ts';

/** The pass of a plugin without a breaker. */
const freePass: Pass = { settle() {} };

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
  if (only !== undefined) return tryInstance(call, only) ? undefined : circuitOpen(plugin, instances);
  const inOrder = instances.toSorted(byLoad);
  // An instance that is down answers at once with why; it is asked only if no other is there.
  for (const instance of [
    ...inOrder.filter((one) => one.available),
    ...inOrder.filter((one) => !one.available),
  ]) {
    if (tryInstance(call, instance)) return undefined;
  }
  return circuitOpen(plugin, instances);
}

function tryInstance(call: Routable, instance: Instance): boolean {
  const pass = instance.breaker === undefined ? freePass : instance.breaker.admit();
  if (pass === undefined) return false;
  call.target = instance;
  call.pass = pass;
  return true;
}

/** The share of its capacity that an instance uses; weights of 1 make it the least loaded. */
function byLoad(a: Instance, b: Instance): number {
  return (
    (a.tally.active + 1) / a.weight - (b.tally.active + 1) / b.weight ||
    a.tally.started / a.weight - b.tally.started / b.weight
  );
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
