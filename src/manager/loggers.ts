import { fromLevel, redacting, withFields, type Logger, type LogLevel } from '../core/logger.ts';

/** Where the records of a manager and of its plugins go. */
export interface Loggers {
  /** Sets the level that a configuration wants; one that code has set counts more. */
  readonly wantLevel: (level: LogLevel) => void;
  /** For what is about no one plugin. */
  readonly logger: Logger;
  /** A plugin's own. Where it sets no level, the manager's counts. */
  readonly pluginLogger: (plugin: string, level: () => LogLevel | undefined) => Logger;
}

/** All write to the application's logger, without secrets, from a level on; `fixed` is the one that code has set. */
export function loggersOf(logger: Logger, fixed: LogLevel | undefined, wanted: LogLevel = 'debug'): Loggers {
  const safe = redacting(logger);
  let level = fixed ?? wanted;
  return {
    logger: fromLevel(safe, () => level),
    pluginLogger: (plugin, own) => fromLevel(withFields(safe, { plugin }), () => own() ?? level),
    wantLevel: (another) => void (level = fixed ?? another),
  };
}
