import { messageOf } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { Logger, LogLevel } from '../core/logger.ts';

/** A plugin's words reach the terminal; they are kept from painting it and from filling it. */
const longest = 4000;

/** Readable lines on stderr: `[plugboard] WARN message {plugin=auth, pid=4711}`. */
export function developmentLogger(): Logger {
  const at = (level: LogLevel) => (message: string, fields?: object) =>
    void process.stderr.write(
      `[plugboard] ${level.toUpperCase()} ${printable(message, longest)}${fieldsText(fields)}\n`,
    );
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function fieldsText(fields: object | undefined): string {
  const parts = Object.entries(fields ?? {}).flatMap(([key, value]) =>
    value === undefined ? [] : [printable(`${key}=${text(value)}`, longest)],
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
