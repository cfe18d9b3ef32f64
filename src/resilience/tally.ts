/** How many calls there were. Every started call ends as exactly one of succeeded and failed. */
export interface CallCounts {
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Under way now, waiting ones included. */
  readonly active: number;
}

/** Counts calls and tells when none is left. */
export class Tally {
  #started = 0;
  #succeeded = 0;
  #failed = 0;
  #listener: ((active: number) => void) | undefined = undefined;

  get counts(): CallCounts {
    return { started: this.#started, succeeded: this.#succeeded, failed: this.#failed, active: this.active };
  }

  get active(): number {
    return this.#started - this.#succeeded - this.#failed;
  }

  begin(): void {
    this.#started++;
  }

  end(succeeded: boolean): void {
    if (succeeded) this.#succeeded++;
    else this.#failed++;
    this.#listener?.(this.active);
  }

  /** Takes a call back that went elsewhere before it was sent. */
  withdraw(): void {
    this.#started--;
    this.#listener?.(this.active);
  }

  /** Hears how many are left each time one ends; undefined hears no more. */
  onEnd(listener: ((active: number) => void) | undefined): void {
    this.#listener = listener;
  }
}
