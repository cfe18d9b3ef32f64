import type { PluginInfo } from '../core/plugin.ts';
import type { Instance } from './instance.ts';

/** Throws when a plugin that has started is not the one that was wanted. */
export type InfoCheck = (info: PluginInfo) => void;

/** Any plugin will do that says it is well. */
export const anyInfo: InfoCheck = () => {};

/** With a check a plugin must also say that it is well. */
export function starting(check: InfoCheck | undefined): (instance: Instance) => Promise<void> {
  return async (instance) => {
    if (check === undefined) return instance.start();
    await instance.startHealthy();
    if (instance.supervisor.live !== undefined) check(instance.supervisor.live.info);
  };
}
