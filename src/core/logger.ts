import { tellQuietly } from './listener.ts';
import { redactFields, redactText } from './redact.ts';

/** The levels of a log record. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * Where log records go. `console`, a pino logger and a winston logger are each one as they are.
 * A method that throws harms nothing.
 */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** A record's fields: `plugin` names who it is about. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Drops every record. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** pino takes the fields first; it is known by a method that no other logger has. */
function takesFieldsFirst(logger: Logger): boolean {
  return 'bindings' in logger && typeof logger.bindings === 'function';
}

function write(logger: Logger, level: LogLevel, message: string, fields: object): void {
  // A broken logger must not break a call.
  tellQuietly(() =>
    takesFieldsFirst(logger)
      ? Reflect.apply(logger[level], logger, [fields, message])
      : logger[level](message, fields),
  );
}

/** The record's own fields with the logger's, which win: a plugin cannot speak under another's name. */
function merged(own: LogFields, more: object | undefined): object {
  try {
    return { ...own, ...more, ...own };
  } catch {
    return own; // a getter of the record's threw; the message is worth more than its fields
  }
}

/** A logger that does the same at every level. */
function eachLevel(log: (level: LogLevel, message: string, fields: object | undefined) => void): Logger {
  const at = (level: LogLevel) => (message: string, fields?: object) => log(level, message, fields);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A logger that adds `fields` to every record, and never throws. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  return eachLevel((level, message, more) => write(logger, level, message, merged(fields, more)));
}

/** More than a line meant for people; a line of a plugin is cut before, at 16 KiB. */
const maxMessageLength = 20 * 1024;

/** A logger that keeps secrets out of another, and never throws. */
export function redacting(logger: Logger): Logger {
  if (logger === silentLogger) return logger;
  return eachLevel((level, message, fields = {}) =>
    tellQuietly(() => write(logger, level, redactText(message, maxMessageLength), redactFields(fields))),
  );
}

const severities: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Whether a value is a level; types do not hold for callers in JavaScript. */
export function isLogLevel(value: unknown): value is LogLevel {
  return typeof value === 'string' && Object.hasOwn(severities, value);
}

/** A logger that drops what is below a level, which is asked for at each record and so may change. */
export function fromLevel(logger: Logger, least: () => LogLevel): Logger {
  return eachLevel((level, message, fields) => {
    if (severities[level] >= severities[least()]) logger[level](message, fields);
  });
}
