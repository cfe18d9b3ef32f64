import { describeCode, isPluginsOwnCode, type ErrorCode } from './error-codes.ts';
import { printable } from './printable.ts';

const brand = Symbol.for('plugboard.PluginError');

/** What is known about a failure, besides its code. */
export interface PluginErrorDetails {
  /** What happened, ending with the cure. */
  readonly message: string;
  /** The host's name for the plugin. */
  readonly plugin?: string | undefined;
  readonly hook?: string | undefined;
  /** Whether the same call may succeed if it is made again. Default: what the code says. */
  readonly retryable?: boolean | undefined;
  /** Wait this long before trying again, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Facts for programs: exit code, limits, attempts. Never secrets. */
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

function sentence(code: string, details: PluginErrorDetails): string {
  const about = details.plugin === undefined ? '' : ` plugin '${details.plugin}'`;
  const hook = details.hook === undefined || details.hook === 'execute' ? '' : ` hook '${details.hook}'`;
  const where = about === '' || hook === '' ? about + hook : `${about},${hook}`;
  return `[${code}]${where}${where === '' ? ' ' : ': '}${details.message}`;
}

/**
 * Every failure the library reports. Match on `code`, never on the message; docs/errors.md is the table.
 * `instanceof` holds for errors made by another copy of the package too.
 */
export class PluginError extends Error {
  override readonly name: string = 'PluginError';
  /** One of the table (`PLUGIN_1204`), or a code of the plugin's own. */
  readonly code: ErrorCode | (string & {});
  readonly plugin: string | undefined;
  readonly hook: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly severity: 'error' | 'warning';
  readonly context: Readonly<Record<string, unknown>>;
  /** What happened, without code and place. */
  readonly rawMessage: string;

  constructor(code: ErrorCode | (string & {}), details: PluginErrorDetails) {
    super(sentence(code, details), details.cause === undefined ? undefined : { cause: details.cause });
    const entry = describeCode(code);
    this.code = code;
    this.plugin = details.plugin;
    this.hook = details.hook;
    this.retryable = details.retryable ?? entry.retryable;
    this.retryAfterMs = details.retryAfterMs;
    this.severity = entry.severity;
    this.context = details.context ?? {};
    this.rawMessage = details.message;
  }

  /** The same without a stack, at a fraction of the cost: for refusals that come by the thousand. */
  static withoutStack(code: ErrorCode, details: PluginErrorDetails): PluginError {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return new PluginError(code, details);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isPluginError(value);
  }

  /**
   * Anything thrown, as a `PluginError`. One that is, stays as it is, with `plugin` and `hook` filled in; another
   * keeps its message, and its `code`, `retryable` and `retryAfterMs` where they are a plugin's own to say.
   */
  static from(
    thrown: unknown,
    code: ErrorCode,
    place: Omit<PluginErrorDetails, 'message'> = {},
  ): PluginError {
    if (isPluginError(thrown)) return placed(thrown, place);
    const own = typeof thrown === 'object' && thrown !== null ? ownWords(thrown) : {};
    return new PluginError(own.code ?? code, { ...own, cause: thrown, ...place, message: messageOf(thrown) });
  }
}

Object.defineProperty(PluginError.prototype, brand, { value: true });

/** Whether a value is a `PluginError`, of this copy of the package or another. */
export function isPluginError(value: unknown): value is PluginError {
  return typeof value === 'object' && value !== null && read(value, brand) === true;
}

/** What a thrown value says of itself, whatever it is; safe to print. */
export function messageOf(thrown: unknown): string {
  const message = typeof thrown === 'object' && thrown !== null ? read(thrown, 'message') : thrown;
  if (typeof message === 'string' && message !== '') return printable(message, 2000);
  return typeof message === 'number' || typeof message === 'bigint' || typeof message === 'boolean'
    ? String(message)
    : 'something without a message was thrown';
}

/** A property of a value that may be hostile: a getter or proxy that throws reads as `undefined`. */
export function read(value: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}

/** What a foreign error says of itself, read with care. */
function ownWords(thrown: object): { code?: string; retryable?: boolean; retryAfterMs?: number } {
  const code = read(thrown, 'code');
  const retryable = read(thrown, 'retryable');
  const retryAfterMs = read(thrown, 'retryAfterMs');
  return {
    ...(typeof code === 'string' && isPluginsOwnCode(code) && { code }),
    ...(typeof retryable === 'boolean' && { retryable }),
    ...(typeof retryAfterMs === 'number' && retryAfterMs >= 0 && retryAfterMs < Infinity && { retryAfterMs }),
  };
}

function placed(error: PluginError, place: Omit<PluginErrorDetails, 'message'>): PluginError {
  if (error.plugin !== undefined || place.plugin === undefined) return error;
  return new PluginError(error.code, {
    message: error.rawMessage,
    plugin: place.plugin,
    hook: error.hook ?? place.hook,
    retryable: error.retryable,
    retryAfterMs: error.retryAfterMs,
    context: error.context,
    cause: error.cause ?? error,
  });
}
