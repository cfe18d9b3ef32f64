import { resolve } from 'node:path';

import type { Launch, ProgramLaunch } from '../../src/core/gate.ts';
import type { Evidence } from './evidence.ts';
import type { Pins } from '../whitelist/whitelist.ts';
import { inCopy, mainFile } from './place-in-launch.ts';

/** The launch that starts the verified copy: its command or module, and every argument that names one of its files. */
export async function admittedLaunch(evidence: Evidence, pins: Pins | undefined): Promise<Launch> {
  const { launch, measured, place, realPath } = evidence;
  const copy = measured?.copy;
  if (launch.kind === 'endpoint' || copy === undefined || realPath === undefined || place === undefined)
    return launch;
  if (pins === undefined) return launch;
  const inside = (path: string): Promise<string | undefined> =>
    inCopy(path, realPath, copy, (name) => measured?.files.has(name) ?? false);
  const file = mainFile(copy, pins);
  if (launch.kind === 'module') return { ...launch, file };
  const args = await Promise.all(
    launch.args.map(async (word) => (await inside(resolve(launch.cwd, word))) ?? word),
  );
  return { ...launch, command: commandOf(evidence, launch, file), args };
}

function commandOf({ place, interpreter }: Evidence, launch: ProgramLaunch, file: string): string {
  return place?.at === 'command' ? file : (interpreter?.start ?? launch.command);
}
