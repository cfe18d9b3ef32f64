import type { Clock, Timer } from 'plugboard';
import type { Priority } from './envelope.ts';
import { Heap } from './heap.ts';

const minuteMs = 60_000;

/**
 * How much longer than a normal mail one may seem to have waited. A head start and not a rank of its own, because
 * under load a rank would keep the low ones waiting until they expire.
 */
const headStartMs: Readonly<Record<Priority, number>> = {
  critical: 60 * minuteMs,
  high: 10 * minuteMs,
  normal: 0,
  low: -10 * minuteMs,
};

interface Waiting {
  readonly queueId: string;
  readonly priority: Priority;
  readonly dueAt: number;
}

/** When which mail is due; in memory, an id and two numbers for each. */
export class Schedule {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  readonly #later = new Heap<Waiting>();
  readonly #due = new Heap<Waiting>();
  #timer: Timer | undefined;
  #isStopped = false;

  /** `onDue` runs whenever there is something to take. */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#later.size + this.#due.size;
  }

  add(queueId: string, priority: Priority, dueAt: number): void {
    this.#later.push({ queueId, priority, dueAt }, dueAt);
    this.#look();
  }

  /** Whether there is a mail to take. */
  get hasDue(): boolean {
    this.#gather();
    return this.#due.size > 0;
  }

  /** The mail to work on now. */
  take(): string | undefined {
    this.#gather();
    return this.#due.pop()?.queueId;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #gather(): void {
    const now = this.#clock.date().getTime();
    while (this.#later.firstRank <= now) {
      const next = this.#later.pop();
      if (next !== undefined) this.#due.push(next, next.dueAt - headStartMs[next.priority]);
    }
  }

  #look(): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    this.#gather();
    const now = this.#clock.date().getTime();
    if (this.#later.size > 0) {
      this.#timer = this.#clock.startTimer(this.#later.firstRank - now, () => this.#look());
      this.#timer.keepAlive(false);
    }
    if (this.#due.size > 0) this.#onDue();
  }
}
