import type { EndpointLaunch, Launch } from '../../src/core/gate.ts';
import { printable } from '../../src/core/printable.ts';
import { sameSha256 } from '../start/digest.ts';
import { faultViolation, type Evidence } from '../start/evidence.ts';
import type { Measured, MeasuredFile } from '../start/measure.ts';
import { isBelow } from '../start/place.ts';
import { normalEndpoint } from './endpoint.ts';
import { typesOf } from './types-of.ts';
import { violation, type Violation } from './violation.ts';
import type { Constraints, Pins, Whitelist, WhitelistEntry } from './whitelist.ts';

/**
 * Judges what was found of a plugin by a whitelist: every reason why it may not run, none if it may. Asks nobody and
 * changes nothing, so that what runs can be judged again when the whitelist changes.
 */
export function judge(whitelist: Whitelist | undefined, plugin: string, evidence: Evidence): Violation[] {
  if (whitelist === undefined) return [notLoaded];
  const { constraints } = whitelist;
  const entry = whitelist.entries.get(plugin);
  if (entry === undefined) return [notListed(whitelist)];
  if (!entry.enabled)
    return [
      violation('plugin_not_whitelisted', 'its entry in the whitelist is disabled. Enable it there.', {
        code: 'SECURITY_1802',
      }),
    ];
  const { launch } = evidence;
  const types = typeViolations(entry, constraints, launch);
  if (launch.kind === 'endpoint') return [...types, ...endpointViolations(entry, launch)];
  return [
    ...types,
    ...pathViolations(entry, constraints, evidence),
    ...evidence.findings,
    ...fileViolations(entry, constraints, evidence),
  ];
}

/** How large a file of an entry may be. */
export function maxFileSizeBytes(entry: WhitelistEntry, constraints: Constraints): number {
  return Math.min(entry.maxFileSizeBytes ?? Infinity, constraints.maxFileSizeBytes);
}

/** The certificates that an endpoint may show: those of the entry, of the source, or of both. */
export function certificatesFor(
  entry: WhitelistEntry | undefined,
  launch: EndpointLaunch,
): readonly string[] | undefined {
  const listed = entry?.certificateSha256 ?? [];
  const own = launch.certificateSha256?.map((hex) => hex.toLowerCase().replaceAll(':', ''));
  if (listed.length === 0) return own;
  return own === undefined ? listed : listed.filter((hex) => own.includes(hex));
}

const notLoaded = violation(
  'whitelist_not_loaded',
  'no whitelist was read, so nothing may run. Mend the whitelist.',
);

function notListed({ file, entries }: Whitelist): Violation {
  const known = [...entries.keys()].slice(0, 10).join(', ') || 'none';
  const reason = `it is not in the whitelist ${printable(file, 200)}. Add it: plugboard whitelist add <name> <path>. Listed are: ${known}.`;
  return violation('plugin_not_whitelisted', reason, { code: 'SECURITY_1802' });
}

function typeViolations(entry: WhitelistEntry, constraints: Constraints, { kind }: Launch): Violation[] {
  const fits = (type: string): boolean => typesOf[kind].includes(type.toLowerCase());
  const found: Violation[] = [];
  const [actual] = typesOf[kind];
  if (entry.type !== undefined && !fits(entry.type)) {
    const reason = `it is a ${actual} but the whitelist says ${printable(entry.type, 64)}. Correct the one or the other.`;
    found.push(violation('type_mismatch', reason, { expected: entry.type, actual }));
  }
  const { allowedTypes } = constraints;
  if (allowedTypes !== undefined && !allowedTypes.some(fits)) {
    const expected = allowedTypes.join(', ');
    found.push(
      violation('type_mismatch', `no ${actual} is allowed here, only: ${expected}.`, {
        expected,
        actual,
      }),
    );
  }
  return found;
}

function endpointViolations(entry: WhitelistEntry, launch: EndpointLaunch): Violation[] {
  const all = launch.endpoint.split(',').map(normalEndpoint);
  const expected = entry.allowedEndpoints.join(', ');
  const actual = all.find((endpoint) => !entry.allowedEndpoints.includes(endpoint)) ?? all.join(', ');
  if (!all.every((endpoint) => entry.allowedEndpoints.includes(endpoint))) {
    const reason = `it is reached at ${printable(actual, 200)}, which its entry does not allow. Add it to 'allowedEndpoints'.`;
    return [violation('endpoint_not_allowed', reason, { expected, actual })];
  }
  if (certificatesFor(entry, launch)?.length !== 0) return [];
  const reason = 'its source and its entry name different certificates, so none would do. Make them agree.';
  return [violation('endpoint_not_allowed', reason, { actual })];
}

function pathViolations(entry: WhitelistEntry, constraints: Constraints, evidence: Evidence): Violation[] {
  if (entry.path === undefined || entry.pins === undefined)
    return [
      violation(
        'plugin_not_whitelisted',
        "its entry has no 'path', so it may be connected to but not started. Pin its file.",
      ),
    ];
  if (entry.path !== evidence.path)
    return [
      violation('plugin_not_whitelisted', 'the whitelist has it at another path now. Start it anew.', {
        expected: entry.path,
        actual: evidence.path,
      }),
    ];
  const paths = [entry.path, evidence.realPath ?? entry.path];
  const forbidden = constraints.forbiddenPaths.find((folder) => paths.some((path) => isBelow(folder, path)));
  if (forbidden === undefined) return [];
  const reason = `it lies in ${printable(forbidden, 200)}, where plugins are forbidden. Move it.`;
  return [violation('plugin_not_whitelisted', reason, { code: 'SECURITY_1804', actual: entry.path })];
}

function fileViolations(entry: WhitelistEntry, constraints: Constraints, evidence: Evidence): Violation[] {
  const { measured, interpreter } = evidence;
  if (measured === undefined || entry.pins === undefined) return [];
  const limit = maxFileSizeBytes(entry, constraints);
  const found = [...sizeViolations(measured, limit), ...hashViolations(measured, entry.pins, limit)];
  const { sha256 } = entry.interpreter;
  if (sha256 !== undefined && interpreter !== undefined && !sameSha256(sha256, interpreter.sha256 ?? ''))
    found.push(mismatch(`its interpreter ${interpreter.path}`, sha256, interpreter.sha256));
  return found;
}

function sizeViolations({ files }: Measured, limit: number): Violation[] {
  return [...files]
    .filter(([, { sizeBytes }]) => sizeBytes > limit)
    .map(([name, { sizeBytes }]) => {
      const reason = `${name} has ${sizeBytes} bytes, more than the ${limit} that are allowed. Raise 'maxFileSizeBytes' or make it smaller.`;
      return violation('file_size_exceeded', reason, { expected: String(limit), actual: String(sizeBytes) });
    });
}

function hashViolations({ files }: Measured, pins: Pins, limit: number): Violation[] {
  if (pins.kind === 'file') {
    return [...files].flatMap(([name, file]) => fileViolation(name, pins.sha256, file, limit));
  }
  const known = [...pins.files].flatMap(([name, sha256]) => {
    const file = files.get(name);
    return file === undefined ? [strayed(name, 'is missing')] : fileViolation(name, sha256, file, limit);
  });
  const extra = [...files.keys()].filter((name) => !pins.files.has(name));
  return [...known, ...extra.map((name) => strayed(name, 'is not among the files that its entry pins'))];
}

function fileViolation(name: string, sha256: string, file: MeasuredFile, limit: number): Violation[] {
  if (file.fault !== undefined) return [faultViolation(file.fault)];
  if (file.sizeBytes > limit) return [];
  return sameSha256(sha256, file.sha256 ?? '') ? [] : [mismatch(name, sha256, file.sha256)];
}

function mismatch(name: string, expected: string, actual: string | undefined): Violation {
  const reason = `${name} is not what was whitelisted: its SHA-256 is another. If you changed it, whitelist it again; if not, somebody else did.`;
  return violation('hash_mismatch', reason, {
    expected: `sha256:${expected}`,
    actual: `sha256:${actual ?? ''}`,
  });
}

function strayed(name: string, what: string): Violation {
  return violation(
    'hash_mismatch',
    `${printable(name, 200)} ${what}. Put its directory back as it was, or whitelist it again.`,
  );
}
