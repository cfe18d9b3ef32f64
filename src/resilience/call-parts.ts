import type { Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import type { PluginError } from '../core/errors.ts';
import type { CallRecorder, PluginRecorder } from '../core/metrics.ts';
import type { Tracing } from '../core/tracer.ts';
import type { Channel } from '../core/transport.ts';
import type { Backoff } from './backoff.ts';
import type { Pass } from './breaker.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import type { DeadlineQueue } from './deadlines.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { Tally } from './tally.ts';

/** What is asked, with its schemas where it has some. */
export type Question = Contract[string];

/** When failed attempts are made again. */
export interface RetryPolicy extends Backoff {
  readonly maxRetries: number;
  /** The share by which a wait is longer or shorter at random, 0 to 1. */
  readonly jitter: number;
  /** How long one attempt may take, in milliseconds; 0 leaves it to the deadline of the call. */
  readonly attemptTimeoutMs: number;
}

/** Where a call goes: one running instance of the plugin. */
export interface Target {
  /** Its number among the instances of its plugin, counted from 0. */
  readonly index: number;
  /** Counts the calls that go here. */
  readonly tally: Tally;
  /** Replaced or stopping: takes no new calls. */
  readonly retired: boolean;
  /** Hears of their ends; undefined where nobody counts. */
  readonly recorder: CallRecorder | undefined;
  /**
   * The connection to use now, or the promise of one.
   * @throws {PluginError} what a call must be told otherwise.
   */
  channel(): Channel | Promise<Channel>;
}

/** A call that wants to know where to go; `route` fills in both fields. */
export interface Routable {
  target: Target | undefined;
  /** What its end is told to. */
  pass: Pass | undefined;
}

/** What one plugin's calls go through, in this order. A policy that is off is undefined and costs nothing. */
export interface CallParts {
  readonly plugin: string;
  /** The kind of its source: `in-process`, `subprocess`. */
  readonly transport: string;
  readonly contract: Contract;
  readonly timeoutMs: number;
  /** Counts the calls of the plugin; it outlives a change of policy. */
  readonly tally: Tally;
  readonly limiter: RateLimiter | undefined;
  /** Finds an instance whose breaker lets the call through, or says why there is none. */
  readonly route: (call: Routable) => PluginError | undefined;
  /** Whether a call that has waited looks anew where to go, and whether its breaker is open now. */
  readonly mustReroute: (target: Target, pass: Pass | undefined) => boolean;
  readonly concurrency: ConcurrencyLimit | undefined;
  /** Without retries its `maxRetries` is 0; a call may ask for some all the same. */
  readonly retry: RetryPolicy;
  readonly budget: RetryBudget;
  readonly recorder: PluginRecorder | undefined;
  readonly tracing: Tracing;
  readonly clock: Clock;
  readonly deadlines: DeadlineQueue;
}
