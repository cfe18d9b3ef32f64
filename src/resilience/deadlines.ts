import type { Clock, Timer } from '../core/clock.ts';

/** Something that ends by itself at a time; the queue's links live in it, so that waiting allocates nothing. */
export interface DeadlineEntry {
  /** When it began to wait and when it ends, on the clock; set by the queue. */
  startedAt: number;
  expiresAt: number;
  list: DeadlineList | undefined;
  previous: DeadlineEntry | undefined;
  next: DeadlineEntry | undefined;
  expire(): void;
}

/** Entries that wait equally long: the order of arrival is the order of expiry. */
export class DeadlineList {
  readonly timeoutMs: number;
  head: DeadlineEntry | undefined;
  tail: DeadlineEntry | undefined;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }
}

/** Empty lists are kept for the next call; callers who choose random times must not collect them without end. */
const maxIdleLists = 100;

/** All deadlines of a manager behind one timer: adding and removing one costs a few nanoseconds. */
export class DeadlineQueue {
  readonly #clock: Clock;
  readonly #lists = new Map<number, DeadlineList>();
  #lastList: DeadlineList | undefined;
  #timer: Timer | undefined;
  #timerAt = Infinity;
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(entry: DeadlineEntry, timeoutMs: number): void {
    const list = this.#listOf(timeoutMs);
    entry.startedAt = this.#clock.now();
    entry.expiresAt = entry.startedAt + timeoutMs;
    entry.list = list;
    entry.previous = list.tail;
    if (list.tail === undefined) list.head = entry;
    else list.tail.next = entry;
    list.tail = entry;
    if (entry.expiresAt < this.#timerAt) this.#arm(entry.expiresAt, timeoutMs);
    if (this.#size++ === 0) this.#timer?.keepAlive(true);
  }

  /** Takes an entry out; one that is not in is left alone. */
  remove(entry: DeadlineEntry): void {
    const { list, previous, next } = entry;
    if (list === undefined) return;
    if (previous === undefined) list.head = next;
    else previous.next = next;
    if (next === undefined) list.tail = previous;
    else next.previous = previous;
    entry.list = entry.previous = entry.next = undefined;
    if (--this.#size === 0) this.#timer?.keepAlive(false);
  }

  /** Every entry, in no order. */
  entries(): DeadlineEntry[] {
    const found: DeadlineEntry[] = [];
    for (const list of this.#lists.values()) {
      for (let entry = list.head; entry !== undefined; entry = entry.next) found.push(entry);
    }
    return found;
  }

  /** Ends the timer; nothing expires any more. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Infinity;
  }

  #listOf(timeoutMs: number): DeadlineList {
    if (this.#lastList?.timeoutMs === timeoutMs) return this.#lastList;
    let list = this.#lists.get(timeoutMs);
    if (list === undefined) {
      if (this.#lists.size >= maxIdleLists) this.#dropIdleLists();
      list = new DeadlineList(timeoutMs);
      this.#lists.set(timeoutMs, list);
    }
    this.#lastList = list;
    return list;
  }

  #dropIdleLists(): void {
    for (const [timeoutMs, list] of this.#lists) {
      if (list.head === undefined) this.#lists.delete(timeoutMs);
    }
  }

  #arm(at: number, afterMs: number): void {
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = at === Infinity ? undefined : this.#clock.startTimer(afterMs, () => this.#fire());
  }

  #fire(): void {
    const now = this.#clock.now();
    this.#timer = undefined;
    this.#timerAt = Infinity;
    let earliest = Infinity;
    for (const list of this.#lists.values()) {
      this.#expire(list, now);
      earliest = Math.min(earliest, list.head?.expiresAt ?? Infinity);
    }
    if (earliest < this.#timerAt) this.#arm(earliest, earliest - now);
  }

  #expire(list: DeadlineList, now: number): void {
    for (let entry = list.head; entry !== undefined && entry.expiresAt <= now; entry = list.head) {
      this.remove(entry);
      entry.expire();
    }
  }
}
