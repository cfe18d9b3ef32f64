import type { Logger, LogLevel } from 'plugboard';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** A logger that drops what is below a level; it may change from record to record. */
export function fromLevel(logger: Logger, least: () => LogLevel): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields?: object): void => {
      if (levels.indexOf(level) >= levels.indexOf(least())) logger[level](message, fields);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
