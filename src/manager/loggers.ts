import { fromLevel, redacting, withFields, type Logger, type LogLevel } from '../core/logger.ts';

/** Where the records of a manager and of its plugins go. */
export interface Loggers {
  /** For what is about no one plugin. */
  readonly logger: Logger;
  /** A plugin's own. Where it sets no level, the manager's counts. */
  readonly pluginLogger: (plugin: string, level: () => LogLevel | undefined) => Logger;
}

/** Both write to the application's logger, without secrets, from a level on. */
export function loggersOf(logger: Logger, level: LogLevel = 'debug'): Loggers {
  const safe = redacting(logger);
  return {
    logger: fromLevel(safe, () => level),
    pluginLogger: (plugin, own) => fromLevel(withFields(safe, { plugin }), () => own() ?? level),
  };
}
