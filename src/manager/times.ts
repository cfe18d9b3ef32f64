import { inspect } from 'node:util';

import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** Whether it is a time to wait, in milliseconds. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}

/** @throws {PluginError} `CONFIG_1703` for what is no time. */
export function checkTime(timeoutMs: number): number {
  if (isTime(timeoutMs)) return timeoutMs;
  throw badTime(timeoutMs);
}

/** What a wrong time hears. */
export function badTime(value: unknown): PluginError {
  const message = `timeoutMs is ${printable(inspect(value), 80)}; it must be a number of at least 0.`;
  return new PluginError('CONFIG_1703', { message });
}
