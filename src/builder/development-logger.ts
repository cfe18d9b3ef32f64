import { messageOf } from '../core/errors.ts';
import type { Logger, LogLevel } from '../core/logger.ts';

/** Readable lines on stderr: `[plugboard] WARN message {plugin=auth, pid=4711}`. */
export function developmentLogger(): Logger {
  const at = (level: LogLevel) => (message: string, fields?: object) =>
    void process.stderr.write(`[plugboard] ${level.toUpperCase()} ${message}${fieldsText(fields)}\n`);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function fieldsText(fields: object | undefined): string {
  const parts = Object.entries(fields ?? {}).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${text(value)}`],
  );
  return parts.length === 0 ? '' : ` {${parts.join(', ')}}`;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch (error) {
    return `(${messageOf(error)})`;
  }
}
