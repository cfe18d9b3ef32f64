import { dirname } from 'node:path';

import type { Launch } from '../../src/core/gate.ts';
import { lookAt, noEvidence } from '../start/evidence.ts';
import { mainFile } from '../start/place-in-launch.ts';
import { trustedPlace, type Bounds } from '../start/place.ts';
import { judge, maxFileSizeBytes } from './judge.ts';
import type { Violation } from './violation.ts';
import type { Whitelist, WhitelistEntry } from './whitelist.ts';

/** How to look at an entry. */
export interface ExplainOptions {
  /** What the host would start. Default: the entry's file, by its interpreter if it names one. */
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

/** What a host would most likely start: the interpreter that the entry names with its script, else the file. */
async function ownLaunch(entry: WhitelistEntry | undefined, bounds: Bounds): Promise<Launch> {
  if (entry?.path === undefined || entry.pins === undefined)
    return { kind: 'endpoint', endpoint: entry?.allowedEndpoints[0] ?? '' };
  const real = await trustedPlace(entry.path, bounds).catch(() => entry.path ?? '');
  const file = mainFile(real, entry.pins);
  const { path: command, args } = entry.interpreter;
  if (command === undefined) return { kind: 'module', file };
  return { kind: 'program', command, args: [...args, file], cwd: dirname(file), env: {} };
}
