import { isDeepStrictEqual } from 'node:util';

import type { ResolvedSettings } from '../config/settings.ts';

/** The names of the settings that are others now. */
export function changedSettings(before: ResolvedSettings, after: ResolvedSettings): string[] {
  const names = Object.keys(after) as (keyof ResolvedSettings)[];
  return names.filter(
    (name) => before[name] !== after[name] && !isDeepStrictEqual(before[name], after[name]),
  );
}
