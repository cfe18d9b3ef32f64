import { isDeepStrictEqual } from 'node:util';

import type { ResolvedSettings } from '../config/settings.ts';
import type { Instance } from './instance.ts';
import { configureAll, type Shift } from './takeover.ts';

/** A plugin that runs, as far as a change in place is concerned. */
interface Running {
  readonly name: string;
  readonly settings: ResolvedSettings;
  readonly instances: readonly Instance[];
}

/** The running instances under other settings; undefined where only a new start brings them. */
export async function adjusted(
  { name, settings: before, instances }: Running,
  settings: ResolvedSettings,
): Promise<Shift | undefined> {
  const needsStart =
    instances.some(({ supervisor }) => supervisor.ended || supervisor.state.status === 'failed') ||
    before.instances.count !== settings.instances.count ||
    !isDeepStrictEqual(before.services, settings.services);
  if (needsStart) return undefined;
  const sameConfig = isDeepStrictEqual(before.config, settings.config);
  if (!sameConfig && !(await configureAll(name, instances, settings.config, before.config))) return undefined;
  const undo = async (): Promise<void> => {
    if (!sameConfig) await configureAll(name, instances, before.config, settings.config);
  };
  return { instances, toRetire: [], cancelled: 0, undo };
}
