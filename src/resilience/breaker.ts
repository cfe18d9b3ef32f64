import { isErrorCode } from '../core/error-codes.ts';
import type { PluginError } from '../core/errors.ts';

/** `closed`: calls pass. `open`: none does. `half-open`: a few probes find out whether the plugin is back. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** What a call that was let through says of the plugin. `neutral`: nothing, such as a caller who gave up. */
export type Verdict = 'success' | 'failure' | 'neutral';

/** A call that was let through; it is settled exactly once. */
export interface Pass {
  /** The breaker has changed its state since: whoever has waited asks again. */
  readonly isStale: boolean;
  settle(verdict: Verdict): void;
}

/** The port of a circuit breaker. */
export interface Breaker {
  readonly state: BreakerState;
  /** How long until it may let a probe through, in milliseconds; 0 when it may at once. */
  readonly retryAfterMs: number;
  /** Lets a call through, or not; in half-open a probe's place is taken by it. */
  admit(): Pass | undefined;
  /** Closed, with nothing remembered: the plugin behind it is a new one. */
  reset(): void;
  /** Ends its timers. */
  close(): void;
}

/** Hears of every change of state. */
export type BreakerListener = (from: BreakerState, to: BreakerState) => void;

/**
 * The caller's, the host's or another policy's doing; and the end of a process, which its supervisor answers with
 * refusals and growing waits of its own, and which says nothing of the process that comes after it.
 */
const notThePlugins: ReadonlySet<string> = new Set([
  'PLUGIN_1205',
  'REGISTRY_1903',
  'REGISTRY_1907',
  'REGISTRY_1908',
  'RPC_2002',
  'RPC_2003',
  'PLUGIN_1201',
  'PLUGIN_1206',
  'PLUGIN_1207',
  'PLUGIN_1208',
  'PLUGIN_1209',
  'PLUGIN_1211',
  'PLUGIN_1212',
  'RPC_2005',
  'RPC_2006',
  'RPC_2007',
  'RATELIMIT_1501',
]);

/**
 * What an ended call says of its plugin. A failure is what a healthy plugin does not do: too late, gone, broken,
 * an uncoded throw. An error with a code of the plugin's own is an answer, unless it says it is retryable.
 */
export function verdictOf(error: PluginError | undefined): Verdict {
  if (error === undefined) return 'success';
  if (notThePlugins.has(error.code)) return 'neutral';
  return error.retryable || isErrorCode(error.code) ? 'failure' : 'success';
}
