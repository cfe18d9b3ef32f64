import { PluginError } from '../core/errors.ts';
import type { Needing } from './start-order.ts';

/** The plugins that need a plugin, directly or through others, in the order in which they must be stopped before it. */
export function dependentsOf(name: string, plugins: readonly Needing[]): string[] {
  const found: string[] = [];
  const seen = new Set([name]);
  const visit = (needed: string): void => {
    for (const plugin of plugins) {
      const needs = plugin.dependencies.some((need) => need.name === needed && !need.optional);
      if (!needs || seen.has(plugin.name)) continue;
      seen.add(plugin.name);
      visit(plugin.name);
      found.push(plugin.name);
    }
  };
  visit(name);
  return found;
}

/** Why a plugin is not unloaded while others run that need it; undefined if none does. */
export function unloadRefusal(name: string, plugins: readonly Needing[]): PluginError | undefined {
  const dependents = dependentsOf(name, plugins);
  if (dependents.length === 0) return undefined;
  return new PluginError('REGISTRY_1901', {
    plugin: name,
    message: `it is needed by ${dependents.join(', ')}, which run. Unload those first, or force it.`,
    context: { dependents },
  });
}
