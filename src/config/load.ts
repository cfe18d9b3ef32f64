import { open, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { extname } from 'node:path';

import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
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
  const { maxBytes = defaultMaxBytes } = options;
  checkPath(path);
  const format = options.format ?? formats[extname(path).toLowerCase()];
  if (format === undefined)
    throw fileError(path, 'its format is not known. Name it .yaml, .yml, .json or .toml.');
  const text = await readText(path, maxBytes);
  if (text.trim() === '') throw fileError(path, 'it is empty. Name at least one plugin in it.');
  return parseConfig(text, { ...options, format, file: path });
}

function checkPath(path: string): void {
  // oxlint-disable-next-line no-control-regex
  if (path !== '' && path.length <= 4095 && !/[\u0000-\u001f]/.test(path)) return;
  throw new PluginError('CONFIG_1705', {
    message: `'${printable(path, 100)}' cannot be the path of a configuration. Give one of at most 4,095 characters without control characters.`,
  });
}

async function readText(path: string, maxBytes: number): Promise<string> {
  const file = await opened(path);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw fileError(path, 'it is no regular file. Give the path of one.');
    const buffer = Buffer.alloc(Math.min(stats.size, maxBytes) + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead > maxBytes) throw fileError(path, `it has more than ${maxBytes} bytes. Split it.`);
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch (error) {
    if (error instanceof TypeError) throw fileError(path, 'it is no text in UTF-8. Save it as such.');
    throw error;
  } finally {
    await file.close();
  }
}

/** Opened so that a pipe is refused instead of waited for. */
async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const where = `the configuration '${printable(path, 200)}'`;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new PluginError('CONFIG_1701', {
        message: `${where} does not exist. Check its path.`,
        cause: error,
      });
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new PluginError('CONFIG_1707', {
        message: `${where} may not be read. Change its mode.`,
        cause: error,
      });
    }
    throw new PluginError('CONFIG_1706', {
      message: `${where} cannot be opened. See the cause.`,
      cause: error,
    });
  }
}

function fileError(path: string, what: string): PluginError {
  return new PluginError('CONFIG_1706', { message: `the configuration '${printable(path, 200)}': ${what}` });
}
