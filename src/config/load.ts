import { extname } from 'node:path';

import { checkObject, checkText } from '../core/check-given.ts';
import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { readText } from '../core/read-text.ts';
import { defaultMaxBytes } from './caps.ts';
import type { HostConfig } from './host-config.ts';
import { parseConfig, type ConfigFormat, type ParseOptions } from './parse.ts';

const formats: Readonly<Record<string, ConfigFormat>> = {
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.json': 'json',
  '.toml': 'toml',
};

/** How a configuration is read from a file. */
export interface LoadOptions extends Partial<Omit<ParseOptions, 'file'>> {}

/**
 * Reads a configuration file: `.yaml`, `.yml`, `.json`, `.toml`. Relative paths in it are those of the process.
 * @throws {PluginError} `CONFIG_1701` if there is no such file, `CONFIG_1705` for a path that makes no sense,
 * `CONFIG_1706` for what is no regular file, too large or empty, `CONFIG_1707` if it may not be read; else as `parseConfig`.
 */
export async function loadConfig(path: string, options: LoadOptions = {}): Promise<HostConfig> {
  checkPath(path);
  checkObject(options, 'the options of loadConfig', 'Leave them out for the defaults.');
  return parseFile(await readText(path, options.maxBytes ?? defaultMaxBytes), path, options);
}

/**
 * Reads the text of a configuration file; the ending of its name says its format.
 * @throws {PluginError} as `loadConfig`.
 */
export function parseFile(text: string, path: string, options: LoadOptions = {}): HostConfig {
  const format = options.format ?? formats[extname(path).toLowerCase()];
  if (format === undefined)
    throw fileError(path, 'its format is not known. Name it .yaml, .yml, .json or .toml.');
  if (text.trim() === '') throw fileError(path, 'it is empty. Name at least one plugin in it.');
  return parseConfig(text, { ...options, format, file: path });
}

function checkPath(path: string): void {
  checkText(path, 'the path of a configuration', 'Give the path of a file.');
  if (path !== '' && path.length <= 4095 && !/\p{Cc}/u.test(path)) return;
  throw new PluginError('CONFIG_1705', {
    message: `'${printable(path, 100)}' cannot be the path of a configuration. Give one of at most 4,095 characters without control characters.`,
  });
}

function fileError(path: string, what: string): PluginError {
  return new PluginError('CONFIG_1706', { message: `the configuration '${printable(path, 200)}': ${what}` });
}
