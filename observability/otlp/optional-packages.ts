import { PluginError } from '../../src/core/errors.ts';

/**
 * Waits for optional packages.
 * @throws {PluginError} `CONFIG_1703` with the command that installs them, if one of them is missing.
 */
export async function installed<T>(loading: Promise<T>, who: string, names: readonly string[]): Promise<T> {
  return loading.catch((cause: unknown) => {
    const missing = names.length === 1 ? 'a package that is' : 'packages that are';
    const message = `${who} needs ${missing} not installed. Run: npm install ${names.join(' ')}`;
    throw new PluginError('CONFIG_1703', { message, cause });
  });
}
