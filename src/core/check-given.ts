import { PluginError } from './errors.ts';
import { printable } from './printable.ts';

/**
 * An object where one belongs, for callers whom no compiler told. `what` names the place, `cure` says what belongs there.
 * @throws {PluginError} `CONFIG_1703` for anything else.
 */
export function checkObject<T extends object>(given: T, what: string, cure: string): T {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given;
  throw wrong(given, what, 'an object', cure);
}

/**
 * The same for a text.
 * @throws {PluginError} `CONFIG_1703` for anything else.
 */
export function checkText(given: string, what: string, cure: string): string {
  if (typeof given === 'string') return given;
  throw wrong(given, what, 'a text', cure);
}

function wrong(given: unknown, what: string, wanted: string, cure: string): PluginError {
  return new PluginError('CONFIG_1703', {
    message: `${what} must be ${wanted}, not ${typeof given === 'string' ? 'a text' : printable(given)}. ${cure}`,
  });
}
