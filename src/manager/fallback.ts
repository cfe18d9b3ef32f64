import type { ExecutionContext } from '../core/execution-context.ts';
import type { Clock } from '../core/clock.ts';
import { isPluginError } from '../core/errors.ts';

/** The plugin is not there for a reason that another one may not have. */
const unavailable: ReadonlySet<string> = new Set([
  'PLUGIN_1201',
  'PLUGIN_1205',
  'PLUGIN_1207',
  'PLUGIN_1212',
  'CIRCUIT_1401',
  'RATELIMIT_1501',
  'REGISTRY_1903',
  'REGISTRY_1907',
  'REGISTRY_1908',
  'RPC_2001',
  'RPC_2002',
  'RPC_2003',
]);

type Ask = (plugin: string, options: ExecutionContext) => Promise<unknown>;

/**
 * Asks a plugin, and where it is not available or failed in a way that may pass, the one behind it, and so on:
 * each at most once, all within the time of the one call.
 */
export async function callWithFallback(
  plugin: string,
  fallbacks: Readonly<Record<string, string>>,
  options: ExecutionContext & { readonly timeoutMs: number },
  clock: Clock,
  ask: Ask,
): Promise<unknown> {
  const endsAt = clock.now() + options.timeoutMs;
  const asked = new Set<string>();
  let leftMs = options.timeoutMs;
  for (let name = plugin; ;) {
    asked.add(name);
    try {
      return await ask(name, name === plugin ? options : { ...options, timeoutMs: leftMs });
    } catch (error) {
      const next = Object.hasOwn(fallbacks, name) ? fallbacks[name] : undefined;
      leftMs = endsAt - clock.now();
      if (next === undefined || asked.has(next) || !mayPass(error) || leftMs <= 0) throw error;
      name = next;
    }
  }
}

function mayPass(error: unknown): boolean {
  if (!isPluginError(error)) return false;
  return error.retryable || unavailable.has(error.code) || unavailable.has(String(error.context['lastCode']));
}
