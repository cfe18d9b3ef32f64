import type { Clock } from './clock.ts';
import { PluginError } from './errors.ts';

/**
 * A clock where one belongs, for callers whom no compiler told; `place` says where.
 * @throws {PluginError} `CONFIG_1703` for what has not the functions of one.
 */
export function checkClock(clock: Clock, place: string): void {
  const functions = ['now', 'date', 'startTimer'] as const;
  const isObject = typeof clock === 'object' && clock !== null;
  if (isObject && functions.every((name) => typeof clock[name] === 'function')) return;
  const message = `the clock of ${place} is no clock: it needs now(), date() and startTimer(). Leave it out, and the clock of the system is taken.`;
  throw new PluginError('CONFIG_1703', { message });
}
