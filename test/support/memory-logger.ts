import type { Logger, LogLevel } from 'plugboard';

/** One record as a logger got it. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

type Fits = (record: LogRecord) => boolean;

/** A logger that keeps its records, and tells of the one that somebody waits for. */
export class MemoryLogger implements Logger {
  readonly records: LogRecord[] = [];
  readonly #waiting = new Set<(record: LogRecord) => void>();

  debug = (message: string, fields?: object): void => this.#add('debug', message, fields);
  info = (message: string, fields?: object): void => this.#add('info', message, fields);
  warn = (message: string, fields?: object): void => this.#add('warn', message, fields);
  error = (message: string, fields?: object): void => this.#add('error', message, fields);

  /** The records with this message. */
  named(message: string): LogRecord[] {
    return this.records.filter((record) => record.message === message);
  }

  /** The first record that fits: one that is there, or the next that comes. */
  until(fits: Fits): Promise<LogRecord> {
    const there = this.records.find(fits);
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((resolve) => {
      const look = (record: LogRecord): void => {
        if (!fits(record)) return;
        this.#waiting.delete(look);
        resolve(record);
      };
      this.#waiting.add(look);
    });
  }

  #add(level: LogLevel, message: string, fields: object = {}): void {
    const record = { level, message, fields: { ...fields } };
    this.records.push(record);
    for (const look of this.#waiting) look(record);
  }
}
