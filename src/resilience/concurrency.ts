import { PluginError } from '../core/errors.ts';

/** How many calls run at once, and how many may wait. */
export interface ConcurrencyPolicy {
  readonly maxConcurrent: number;
  readonly maxQueue: number;
}

/** Somebody who waits for a slot; skipped if it has ended meanwhile. */
export interface Waiter {
  readonly settled: boolean;
  /** A slot is now the waiter's. */
  proceed(): void;
}

/** A number of slots and a bounded line before them; a full line refuses at once. */
export class ConcurrencyLimit {
  readonly #policy: ConcurrencyPolicy;
  readonly #line = new Set<Waiter>();
  #running = 0;

  constructor(policy: ConcurrencyPolicy) {
    this.#policy = policy;
  }

  /** How many wait. */
  get queued(): number {
    return this.#line.size;
  }

  /** `run`: a slot is taken. `wait`: the waiter will be called. `full`: neither. */
  enter(waiter: Waiter): 'run' | 'wait' | 'full' {
    if (this.#running < this.#policy.maxConcurrent) {
      this.#running++;
      return 'run';
    }
    if (this.#line.size >= this.#policy.maxQueue) return 'full';
    this.#line.add(waiter);
    return 'wait';
  }

  /** Gives up waiting. */
  leave(waiter: Waiter): void {
    this.#line.delete(waiter);
  }

  /** Gives a slot back; the first who waits has it at once. */
  release(): void {
    for (const waiter of this.#line) {
      this.#line.delete(waiter);
      if (waiter.settled) continue;
      // In a turn of its own: a line of calls that answer at once must not become a tower of stack frames.
      return queueMicrotask(() => (waiter.settled ? this.release() : waiter.proceed()));
    }
    this.#running--;
  }
}

/** The error of a call that finds the line full. */
export function overloaded(plugin: string, hook: string, queued: number): PluginError {
  const message = `all its slots are taken and ${queued} calls wait already. Call less at once, or raise concurrency.`;
  return PluginError.withoutStack('PLUGIN_1212', { plugin, hook, message, context: { queued } });
}
