import type { Draft } from './draft.ts';

/** A record that waits to be written. */
export interface Pending {
  readonly draft: Draft;
  /** Who waits for it to be on the disk; undefined for a grouped one. */
  readonly waiter: { resolve(): void; reject(error: Error): void } | undefined;
}

/** One write is at most so long, in bytes, so that it neither needs much memory nor holds those behind it. */
const maxBatchBytes = 1024 * 1024;

/** Records that wait, oldest first, within bounds. */
export class PendingQueue {
  readonly #maxBytes: number;
  #waiting: Pending[] = [];
  #bytes = 0;
  #waiters = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** How many records somebody waits for. */
  get waiters(): number {
    return this.#waiters;
  }

  /** False if there is no room. */
  push(pending: Pending): boolean {
    if (this.#bytes + pending.draft.bytes > this.#maxBytes) return false;
    this.#waiting.push(pending);
    this.#count([pending], 1);
    return true;
  }

  /** The oldest ones, as many as one write takes. */
  takeBatch(): Pending[] {
    let bytes = 0;
    const tooMany = this.#waiting.findIndex(({ draft }) => (bytes += draft.bytes) > maxBatchBytes);
    const batch = this.#waiting.splice(0, tooMany === -1 ? this.#waiting.length : Math.max(1, tooMany));
    this.#count(batch, -1);
    return batch;
  }

  /** Puts records back before all others. They had room before. */
  putBack(batch: readonly Pending[]): void {
    this.#waiting.unshift(...batch);
    this.#count(batch, 1);
  }

  /** All that somebody waits for. The others stay. */
  takeWaiters(): Pending[] {
    const waited = this.#waiting.filter(({ waiter }) => waiter !== undefined);
    this.#waiting = this.#waiting.filter(({ waiter }) => waiter === undefined);
    this.#count(waited, -1);
    return waited;
  }

  #count(records: readonly Pending[], sign: 1 | -1): void {
    for (const { draft, waiter } of records) {
      this.#bytes += sign * draft.bytes;
      if (waiter !== undefined) this.#waiters += sign;
    }
  }
}
