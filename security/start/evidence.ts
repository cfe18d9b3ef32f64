import type { Launch, ModuleLaunch, ProgramLaunch } from '../../src/core/gate.ts';
import { loadsCode } from '../../src/core/loader-variables.ts';
import type { Pins, WhitelistEntry } from '../whitelist/whitelist.ts';
import { violation, type Violation } from '../whitelist/violation.ts';
import { FileFault } from './file-fault.ts';
import { lookAtFirstLine, lookAtInterpreter, type FoundInterpreter } from './look-at-interpreter.ts';
import { measure, type Measured } from './measure.ts';
import { trustedPlace, type Bounds } from './place.ts';
import { nodeSurroundings } from './node-surroundings.ts';
import { mainFile, placeInLaunch, type PlaceInLaunch } from './place-in-launch.ts';

/** What was found when a launch was looked at: facts, before anybody judges them. */
export interface Evidence {
  readonly launch: Launch;
  /** The path of the entry that was looked at. */
  readonly path: string | undefined;
  /** Its real path. */
  readonly realPath: string | undefined;
  readonly measured: Measured | undefined;
  /** Where in the launch the plugin's own file stands. */
  readonly place: PlaceInLaunch | undefined;
  readonly interpreter: FoundInterpreter | undefined;
  /** What no whitelist could allow. */
  readonly findings: readonly Violation[];
}

/** How to look. */
export interface LookOptions {
  readonly bounds: Bounds;
  readonly maxFileSizeBytes: number;
  /** A private folder for verified copies; without it none is made. */
  readonly copyInto?: string | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** A launch of which nothing was looked at. */
export function noEvidence(launch: Launch): Evidence {
  return { ...nothingFound, launch, path: undefined };
}

/**
 * Looks at what a launch would start: places, owners, every byte of the entry. Never throws for what the plugin is at
 * fault of; that is a finding.
 * @throws {Error} when the copies cannot be written.
 */
export async function lookAt(entry: WhitelistEntry, launch: Launch, options: LookOptions): Promise<Evidence> {
  const nothing = { ...noEvidence(launch), path: entry.path };
  if (launch.kind === 'endpoint' || entry.path === undefined || entry.pins === undefined) return nothing;
  const findings = environmentFindings(launch);
  try {
    const found = await lookAtFiles(entry, entry.path, entry.pins, launch, options);
    return { ...nothing, ...found, findings: [...findings, ...found.findings] };
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return { ...nothing, findings: [...findings, faultViolation(error)] };
  }
}

type Found = Pick<Evidence, 'realPath' | 'measured' | 'place' | 'interpreter' | 'findings'>;

const nothingFound: Found = {
  realPath: undefined,
  measured: undefined,
  place: undefined,
  interpreter: undefined,
  findings: [],
};

async function lookAtFiles(
  entry: WhitelistEntry,
  path: string,
  pins: Pins,
  launch: ProgramLaunch | ModuleLaunch,
  options: LookOptions,
): Promise<Found> {
  const realPath = await trustedPlace(path, options.bounds);
  const main = mainFile(realPath, pins);
  const place = await placeInLaunch(launch, main, entry.interpreter);
  if (place === undefined) return { ...nothingFound, realPath, findings: [elsewhere(launch, main, entry)] };
  const { copyInto: into } = options;
  const copyInto = into === undefined ? undefined : await nodeSurroundings(realPath, main, into);
  const measured = await measure(realPath, pins, { ...options, copyInto });
  const found = { ...nothingFound, realPath, measured, place };
  try {
    if (launch.kind === 'module' || measured.head === undefined) return found;
    if (place.at === 'command') await lookAtFirstLine(measured.head, launch, entry.interpreter);
    else
      return { ...found, interpreter: await lookAtInterpreter(launch, entry.interpreter, options.copyInto) };
    return found;
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return { ...found, findings: [faultViolation(error)] };
  }
}

/** A file that others may change is as good as another file. */
export function faultViolation(fault: FileFault): Violation {
  const code = fault.reason === 'unsafe' || fault.reason === 'unreadable' ? 'SECURITY_1805' : 'SECURITY_1803';
  return violation('hash_mismatch', `${fault.message}.`, { code });
}

function elsewhere(launch: ProgramLaunch | ModuleLaunch, main: string, entry: WhitelistEntry): Violation {
  const words = launch.kind === 'module' ? [launch.file] : [launch.command, ...launch.args.slice(0, 3)];
  const between =
    entry.interpreter.args.length === 0
      ? 'its first argument'
      : `preceded by '${entry.interpreter.args.join(' ')}'`;
  const cure = launch.kind === 'module' ? '' : `, or as an interpreter's program, ${between}`;
  return violation(
    'plugin_not_whitelisted',
    `its source starts something else than the whitelist allows under this name. Start ${main} itself${cure}.`,
    { code: 'SECURITY_1804', expected: main, actual: words.join(' ') },
  );
}

function environmentFindings(launch: ProgramLaunch | ModuleLaunch): Violation[] {
  return Object.keys(launch.env ?? {})
    .filter(loadsCode)
    .map((name) =>
      violation(
        'plugin_not_whitelisted',
        `its environment sets ${name}, which loads code that nobody verified. Take it out.`,
      ),
    );
}
