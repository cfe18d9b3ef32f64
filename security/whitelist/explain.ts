import { dirname } from 'node:path';

import type { Launch } from '../../src/core/gate.ts';
import { lookAt, noEvidence } from '../start/evidence.ts';
import { mainFile } from '../start/place-in-launch.ts';
import { trustedPlace } from '../start/place.ts';
import { judge, maxFileSizeBytes } from './judge.ts';
import type { Violation } from './violation.ts';
import type { Whitelist, WhitelistEntry } from './whitelist.ts';

/** How to look at an entry. */
export interface ExplainOptions {
  /** What the host would start. Default: the entry's own file, however it is started. */
  readonly launch?: Launch | undefined;
  /** As the gate's. */
  readonly pluginDirs?: readonly string[] | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Every reason why a plugin would be refused now; none if it would run. Starts nothing and writes nothing. */
export async function explain(
  whitelist: Whitelist,
  name: string,
  options: ExplainOptions = {},
): Promise<Violation[]> {
  const entry = whitelist.entries.get(name);
  const bounds = { pluginDirs: options.pluginDirs, home: dirname(whitelist.file) };
  const launch = options.launch ?? (await ownLaunch(entry, bounds));
  if (entry === undefined || !entry.enabled) return judge(whitelist, name, noEvidence(launch));
  const limit = maxFileSizeBytes(entry, whitelist.constraints);
  const evidence = await lookAt(entry, launch, { bounds, maxFileSizeBytes: limit, onBytes: options.onBytes });
  const violations = judge(whitelist, name, evidence);
  // Without a launch nobody knows how it is reached.
  return options.launch === undefined
    ? violations.filter(({ kind }) => kind !== 'type_mismatch')
    : violations;
}

async function ownLaunch(
  entry: WhitelistEntry | undefined,
  bounds: Parameters<typeof trustedPlace>[1],
): Promise<Launch> {
  if (entry?.path === undefined || entry.pins === undefined)
    return { kind: 'endpoint', endpoint: entry?.allowedEndpoints[0] ?? '' };
  const real = await trustedPlace(entry.path, bounds).catch(() => entry.path ?? '');
  return { kind: 'module', file: mainFile(real, entry.pins) };
}
