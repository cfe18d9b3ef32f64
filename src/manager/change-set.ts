import { manyProblems } from './problems.ts';
import type { Takeover } from './takeover.ts';

/** Something to be made ready, which then takes over or is abandoned. */
export type Preparation = () => Promise<Takeover>;

/** What is to change together, all or nothing. */
export interface ChangeSet {
  /** Made ready side by side, group after group: plugins before those that depend on them. */
  readonly groups: readonly (readonly Preparation[])[];
  /** Made ready last and one after the other, because callers notice them before the end. */
  readonly visible: readonly Preparation[];
  /** Follows when everything has taken over; says how many calls were cancelled. Never rejects. */
  readonly removals: readonly (() => Promise<number>)[];
}

/**
 * Makes everything ready, then lets it all take over at once. If one thing cannot be made ready, nothing changes.
 * Says how many calls were cancelled by it.
 * @throws {PluginError} `REGISTRY_1901` listing every problem.
 */
export async function applyChanges(changes: ChangeSet): Promise<number> {
  const ready: Takeover[] = [];
  const errors: unknown[] = [];
  for (const group of [...changes.groups, ...changes.visible.map((one) => [one])]) {
    const results = await Promise.allSettled(group.map(async (prepare) => prepare()));
    for (const result of results) {
      if (result.status === 'fulfilled') ready.push(result.value);
      else errors.push(result.reason);
    }
    if (errors.length > 0) break;
  }
  if (errors.length > 0) {
    await Promise.allSettled(ready.toReversed().map(async (takeover) => takeover.abandon()));
    throw manyProblems('the new configuration was not applied', 'the one before stays', errors);
  }
  const reports = await Promise.all(ready.map(async (takeover) => takeover.commit()));
  const removed = await Promise.all(changes.removals.map(async (remove) => remove()));
  return [...reports.map(({ cancelled }) => cancelled), ...removed].reduce((sum, count) => sum + count, 0);
}
