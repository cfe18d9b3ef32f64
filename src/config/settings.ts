import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** How a plugin that ended unexpectedly is started again. */
export interface RestartSettings {
  /** Starts in a row that may fail before the plugin is given up. 0 never restarts. Default 3, as go-plugins. */
  readonly maxRestarts?: number;
  /** The wait before the first restart, in milliseconds. Default 1,000. */
  readonly initialDelayMs?: number;
  /** The longest wait, in milliseconds. Default 30,000. */
  readonly maxDelayMs?: number;
  /** Each wait is so many times the one before. Default 2. */
  readonly multiplier?: number;
  /** A plugin that has run so long is healthy again, and its count begins anew. Default 30,000, a health interval. */
  readonly healthyAfterMs?: number;
}

/** How often and when a failed call is tried again. Off unless given, because not every call may run twice. */
export interface RetrySettings {
  /** Attempts after the first. Default 3. */
  readonly maxRetries?: number;
  /** The wait before the first retry, in milliseconds. Default 100. */
  readonly initialDelayMs?: number;
  /** The longest wait, in milliseconds. Default 5,000. */
  readonly maxDelayMs?: number;
  /** Each wait is so many times the one before. Default 2. */
  readonly multiplier?: number;
  /** The share by which a wait is longer or shorter at random, 0 to 1. Default 0.1, so that callers do not come back in step. */
  readonly jitter?: number;
}

/** What can be set for one plugin. */
export interface PluginSettings<Service extends string = string> {
  /** How long a call may take, retries included, in milliseconds. Default: the manager's. */
  readonly timeoutMs?: number;
  /** `eager`: `build` starts it and fails if it cannot. `lazy`: the first call starts it. Default `eager`: errors show early. */
  readonly start?: 'eager' | 'lazy';
  /** From the start to the end of the handshake, in milliseconds. Default 30,000, as go-plugins. */
  readonly startTimeoutMs?: number;
  /** For running calls when the plugin is unregistered, in milliseconds. Default 30,000, as go-plugins' drain. */
  readonly drainTimeoutMs?: number;
  readonly restart?: RestartSettings;
  readonly retry?: RetrySettings;
  /** Handed to the plugin when it starts, as it is. */
  readonly config?: unknown;
  /** The host services it may call. Default none. */
  readonly services?: readonly Service[];
}

/** Restart settings with every default filled in. */
export type ResolvedRestart = Required<RestartSettings>;
/** Retry settings with every default filled in. */
export type ResolvedRetry = Required<RetrySettings>;

/** Settings with every default filled in. */
export interface ResolvedSettings {
  readonly timeoutMs: number;
  readonly start: 'eager' | 'lazy';
  readonly startTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly restart: ResolvedRestart;
  readonly retry: ResolvedRetry | undefined;
  readonly config: unknown;
  readonly services: readonly string[];
}

/** Every default of a plugin's settings; the reasons stand beside the fields. */
export const settingsDefaults: {
  readonly start: 'eager';
  readonly startTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly restart: ResolvedRestart;
  readonly retry: ResolvedRetry;
} = {
  start: 'eager',
  startTimeoutMs: 30_000,
  drainTimeoutMs: 30_000,
  restart: {
    maxRestarts: 3,
    initialDelayMs: 1000,
    maxDelayMs: 30_000,
    multiplier: 2,
    healthyAfterMs: 30_000,
  },
  retry: { maxRetries: 3, initialDelayMs: 100, maxDelayMs: 5000, multiplier: 2, jitter: 0.1 },
};

/**
 * Fills in the defaults.
 * @throws {PluginError} `CONFIG_1703` naming the setting that is unknown or out of its range.
 */
export function resolveSettings(
  settings: PluginSettings,
  plugin: string,
  timeoutMs: number,
): ResolvedSettings {
  const check = new Check(plugin);
  check.keys('', settings, knownSettings);
  return {
    timeoutMs: check.number('timeoutMs', settings.timeoutMs, timeoutMs) || timeoutMs,
    start: check.start(settings.start) ?? settingsDefaults.start,
    startTimeoutMs: check.number(
      'startTimeoutMs',
      settings.startTimeoutMs,
      settingsDefaults.startTimeoutMs,
      1,
    ),
    drainTimeoutMs: check.number('drainTimeoutMs', settings.drainTimeoutMs, settingsDefaults.drainTimeoutMs),
    restart: check.numbers('restart', settings.restart ?? {}, settingsDefaults.restart),
    retry: settings.retry && check.numbers('retry', settings.retry, settingsDefaults.retry),
    config: settings.config,
    services: settings.services ?? [],
  };
}

const knownSettings = [
  'timeoutMs',
  'start',
  'startTimeoutMs',
  'drainTimeoutMs',
  'restart',
  'retry',
  'config',
  'services',
];

/** Looks at settings and says where they are wrong. */
class Check {
  readonly #plugin: string;

  constructor(plugin: string) {
    this.#plugin = plugin;
  }

  keys(path: string, settings: object, known: readonly string[]): void {
    for (const key of Object.keys(settings)) {
      if (!known.includes(key))
        throw this.#error(`${path}${printable(key, 80)} is not a setting; there are: ${known.join(', ')}.`);
    }
  }

  number(path: string, value: number | undefined, fallback: number, least = 0): number {
    const number = value ?? fallback;
    if (typeof number === 'number' && number >= least) return number;
    throw this.#error(
      `${path} is ${printable(String(number), 80)}; it must be a number of at least ${least}.`,
    );
  }

  numbers<T extends Readonly<Record<keyof T, number>>>(path: string, settings: Partial<T>, defaults: T): T {
    const names = Object.keys(defaults) as (keyof T & string)[];
    this.keys(`${path}.`, settings, names);
    const filled = names.map((name) => {
      const least = name === 'multiplier' ? 1 : 0;
      return [name, this.number(`${path}.${name}`, settings[name], defaults[name], least)];
    });
    return Object.fromEntries(filled) as T;
  }

  start(value: unknown): 'eager' | 'lazy' | undefined {
    if (value === undefined || value === 'eager' || value === 'lazy') return value;
    throw this.#error(`start is ${printable(String(value), 80)}; it must be 'eager' or 'lazy'.`);
  }

  #error(message: string): PluginError {
    return new PluginError('CONFIG_1703', { plugin: this.#plugin, message });
  }
}
