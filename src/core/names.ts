import { PluginError } from './errors.ts';
import { printable } from './printable.ts';

const pluginName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$/;

/**
 * Refuses a name that could be mistaken for a path, an option or something else.
 * @throws {PluginError} `PLUGIN_1001`
 */
export function checkPluginName(name: unknown): asserts name is string {
  if (typeof name === 'string' && pluginName.test(name) && !name.includes('..')) return;
  throw new PluginError('PLUGIN_1001', {
    message:
      `'${printable(name, 80)}' cannot be a plugin's name. ` +
      'Use 1 to 64 letters, digits, and . _ - inside; it begins with a letter or digit and has no two dots in a row.',
  });
}

/** The grammar of semver.org 2.0.0: three numbers, then an optional pre-release and build. */
const semver =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*)?(\+[\dA-Za-z-]+(\.[\dA-Za-z-]+)*)?$/;

/** Whether a value is a full semantic version. */
export function isSemver(version: unknown): version is string {
  return typeof version === 'string' && version.length <= 256 && semver.test(version);
}
