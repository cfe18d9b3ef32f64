import { inspect } from 'node:util';

import { systemClock } from '../../src/core/clock.ts';
import type { Logger, LogLevel } from '../../src/core/logger.ts';

/** Go hosts do not parse a longer line: half of their buffer of 64 KiB. */
const maxLineBytes = 32 * 1024;

/**
 * A logger that writes records as hclog does: one JSON object a line. The host passes them on with level and fields.
 * Go's host ends in a panic where message, level or time are not strings, so no field can take their place.
 */
export function hclogLogger(name: string, write: (line: string) => void): Logger {
  const at = (level: LogLevel) => (message: string, fields?: object) =>
    write(hclogLine({ level, name, message, fields }, systemClock.date()));
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A log record. */
export interface HclogRecord {
  readonly level: LogLevel | 'trace';
  readonly name: string;
  readonly message: unknown;
  readonly fields?: object | undefined;
}

/** Writes a record as a line, without its line feed. */
export function hclogLine(record: HclogRecord, date: Date): string {
  const own = {
    '@level': record.level,
    '@message': typeof record.message === 'string' ? record.message : inspect(record.message),
    '@module': record.name,
    '@timestamp': timestamp(date),
  };
  const line = JSON.stringify({ ...readable(record.fields), ...own });
  if (Buffer.byteLength(line) <= maxLineBytes) return line;
  const message = `${own['@message'].slice(0, maxLineBytes / 8)}…`;
  return JSON.stringify({ ...own, '@message': message, cut: true });
}

/** JavaScript has three digits, and Go's host reads six and nothing else. */
function timestamp(date: Date): string {
  return date.toISOString().replace(/Z$/, '000Z');
}

/** Fields as JSON can hold them; an error is its message. */
function readable(fields: object | undefined): object {
  try {
    const text = JSON.stringify(fields ?? {}, (_key, value: unknown) => {
      if (value instanceof Error) return value.message;
      return typeof value === 'bigint' ? String(value) : value;
    });
    return JSON.parse(text) as object;
  } catch {
    return { fields: 'they cannot be written as JSON' };
  }
}
