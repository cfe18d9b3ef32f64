import type { DeadlineEntry, DeadlineList, DeadlineQueue } from './deadlines.ts';

/** Who makes an attempt and hears that its time is over. */
export interface Attempting {
  attemptExpired(attempt: number): void;
}

/** The deadline of one attempt of a call, which is an entry itself and can stand in one list only. */
export class AttemptDeadline implements DeadlineEntry {
  expiresAt: number = 0;
  list: DeadlineList | undefined = undefined;
  previous: DeadlineEntry | undefined = undefined;
  next: DeadlineEntry | undefined = undefined;
  private readonly queue: DeadlineQueue;
  private readonly owner: Attempting;
  private readonly attempt: number;

  constructor(queue: DeadlineQueue, timeoutMs: number, owner: Attempting, attempt: number) {
    this.queue = queue;
    this.owner = owner;
    this.attempt = attempt;
    queue.add(this, timeoutMs);
  }

  cancel(): void {
    this.queue.remove(this);
  }

  expire(): void {
    this.owner.attemptExpired(this.attempt);
  }
}
