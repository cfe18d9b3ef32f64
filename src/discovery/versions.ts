import semver from 'semver';

import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** The version of what plugins may rely on in a host: the contract of calls, the wire, host services. */
export const hostApiVersion = '1.0.0';

/** Whether a version is in a range of npm's semver; a pre-release is only in a range that names one of its version. */
export function isInRange(version: string, range: string): boolean {
  return semver.satisfies(version, range);
}

/** Why a plugin's version does not do; undefined if it does. */
export function versionRefusal(plugin: string, version: string, range: string): PluginError | undefined {
  if (isInRange(version, range)) return undefined;
  return new PluginError('REGISTRY_1901', {
    plugin,
    message: `its version is ${printable(version, 100)}, and ${printable(range, 100)} is asked for. Install one that fits, or change the range.`,
    context: { version, range },
  });
}

/** Why a plugin cannot run in this host; undefined if it can. */
export function hostRefusal(
  plugin: string,
  range: string,
  host: string = hostApiVersion,
): PluginError | undefined {
  if (isInRange(host, range)) return undefined;
  return new PluginError('REGISTRY_1901', {
    plugin,
    message: `it asks for a host of version ${printable(range, 100)}, and this one is ${host}. Update the host or the plugin.`,
    context: { range, host },
  });
}
