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
  started = 0;
  succeeded = 0;
  active = 0;
  #listener: ((active: number) => void) | undefined;

  get counts(): CallCounts {
    const { started, succeeded, active } = this;
    return { started, succeeded, failed: started - succeeded - active, active };
  }

  begin(): void {
    this.started++;
    this.active++;
  }

  end(succeeded: boolean): void {
    if (succeeded) this.succeeded++;
    this.active--;
    this.#listener?.(this.active);
  }

  /** Takes a call back that went elsewhere before it was sent. */
  withdraw(): void {
    this.started--;
    this.active--;
    this.#listener?.(this.active);
  }

  /** Hears how many are left each time one ends; undefined hears no more. */
  onEnd(listener: ((active: number) => void) | undefined): void {
    this.#listener = listener;
  }
}
