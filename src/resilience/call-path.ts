import type { CallOptions } from '../core/call-options.ts';
import type { Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import { PluginError } from '../core/errors.ts';
import type { Channel } from '../core/transport.ts';
import type { CallRecorder } from '../core/metrics.ts';
import type { Backoff } from './backoff.ts';
import { Call } from './call.ts';
import type { DeadlineQueue } from './deadlines.ts';

/** Lets a call pass or not, and hears once how each one that passed went. */
export interface BreakerSlot {
  /** The refusal, or nothing. */
  admit(): PluginError | undefined;
  settle(success: boolean): void;
}

/** When failed attempts are made again. */
export interface RetryPolicy extends Backoff {
  readonly maxRetries: number;
  readonly jitter: number;
}

/** What one plugin's calls go through. A policy that is off is undefined and costs nothing. */
export interface CallPathParts {
  readonly plugin: string;
  readonly contract: Contract;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy | undefined;
  readonly breaker: BreakerSlot | undefined;
  readonly recorder: CallRecorder | undefined;
  readonly clock: Clock;
  readonly deadlines: DeadlineQueue;
  /** The connection to use now, or the promise of one. Throws what a call must be told otherwise. */
  readonly channel: () => Channel | Promise<Channel>;
}

/** How many calls there were. Every started call ends as exactly one of succeeded and failed. */
export interface CallCounts {
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly active: number;
}

/** The way of every call to one plugin: composed once, no layers at call time. */
export class CallPath {
  readonly parts: CallPathParts;
  /** Refuses every new call while it is set. */
  refusal: (() => PluginError) | undefined;
  started = 0;
  succeeded = 0;
  active = 0;
  #onIdle: (() => void) | undefined;

  constructor(parts: CallPathParts) {
    this.parts = parts;
  }

  /** Asks the plugin. Rejects with a `PluginError`, always. */
  execute(hook: string, request: unknown, options: CallOptions | undefined): Promise<unknown> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal());
    return new Promise((resolve, reject) => new Call(this, hook, request, options, resolve, reject).begin());
  }

  get counts(): CallCounts {
    const { started, succeeded, active } = this;
    return { started, succeeded, failed: started - succeeded - active, active };
  }

  /** Waits until no call runs, for at most `timeoutMs`; then cancels the rest. Says how many that were. */
  async drain(timeoutMs: number): Promise<number> {
    if (this.active === 0) return 0;
    await new Promise<void>((resolve) => {
      const timer = this.parts.clock.startTimer(timeoutMs, resolve);
      this.#onIdle = () => {
        timer.cancel();
        resolve();
      };
    });
    return this.#cancelAll();
  }

  /** @internal A call has ended. */
  ended(): void {
    if (--this.active === 0) this.#onIdle?.();
  }

  #cancelAll(): number {
    const calls = this.parts.deadlines
      .entries()
      .filter((entry) => entry instanceof Call && entry.path === this);
    const { plugin } = this.parts;
    const message = 'the call was cancelled: the plugin is being stopped and its time to finish is over.';
    for (const call of calls as Call[])
      call.cancel(new PluginError('PLUGIN_1206', { plugin, hook: call.hook, message }));
    return calls.length;
  }
}
