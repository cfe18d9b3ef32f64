import type { PluginConfig } from '../config/host-config.ts';

/** Plugins in groups: those of a group start side by side, after those they depend on. */
export function startGroups<P extends PluginConfig>(plugins: readonly P[]): readonly (readonly P[])[] {
  const names = new Set(plugins.map(({ name }) => name));
  const done = new Set<string>();
  const groups: (readonly P[])[] = [];
  let left = plugins;
  while (left.length > 0) {
    const isReady = ({ dependencies }: P): boolean =>
      dependencies.every(({ name }) => done.has(name) || !names.has(name));
    const ready = left.filter(isReady);
    const group = ready.length > 0 ? ready : left; // a circle is refused when the configuration is read
    groups.push(group);
    for (const { name } of group) done.add(name);
    left = left.filter((plugin) => !group.includes(plugin));
  }
  return groups;
}
