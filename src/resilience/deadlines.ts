import type { Clock, Timer } from '../core/clock.ts';
import type { TurnEnd, Undated } from './turn-end.ts';

/** Something that ends by itself at a time; the queue's links live in it, so that waiting allocates nothing. */
export interface DeadlineEntry {
  /** When it ends, on the clock; 0 until the queue has looked at the clock. */
  expiresAt: number;
  list: DeadlineList | undefined;
  previous: DeadlineEntry | undefined;
  next: DeadlineEntry | undefined;
  expire(): void;
}

/** A deadline of what is no entry by itself; it begins at once. */
export class Deadline implements DeadlineEntry {
  expiresAt = 0;
  list: DeadlineList | undefined = undefined;
  previous: DeadlineEntry | undefined = undefined;
  next: DeadlineEntry | undefined = undefined;
  readonly expire: () => void;
  readonly #queue: DeadlineQueue;

  constructor(queue: DeadlineQueue, timeoutMs: number, expire: () => void) {
    this.expire = expire;
    this.#queue = queue;
    queue.add(this, timeoutMs);
  }

  cancel(): void {
    this.#queue.remove(this);
  }
}

/** Entries that wait equally long: the order of arrival is the order of expiry. */
export class DeadlineList {
  readonly timeoutMs: number;
  /** The first to end; unknown while all its entries are of this turn, since most are over within it. */
  head: DeadlineEntry | undefined = undefined;
  tail: DeadlineEntry | undefined = undefined;
  /** Whether its last entries may have no time yet. */
  awaitsStamp: boolean = false;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }
}

/** So many times have a list of their own, to the millisecond. */
const exactLists = 64;

/**
 * The list of a time beyond those: callers who count down to an end of their own bring ever new times. They are
 * rounded up by at most 1.6 %, so that there are 64 lists for each doubling and never more.
 */
function rounded(timeoutMs: number): number {
  if (timeoutMs <= 64 || timeoutMs === Infinity) return Math.ceil(timeoutMs);
  const grain = 2 ** (Math.floor(Math.log2(timeoutMs)) - 6);
  return Math.ceil(timeoutMs / grain) * grain;
}

/**
 * All deadlines of a manager behind one timer. An entry gets its time at the end of its turn of the event loop, once
 * for all of that turn. A deadline is up to that moment late, and never early.
 */
export class DeadlineQueue implements Undated {
  readonly #clock: Clock;
  readonly #turnEnd: TurnEnd;
  readonly #lists = new Map<number, DeadlineList>();
  #lastList: DeadlineList | undefined = undefined;
  #unstamped: DeadlineList[] = [];
  #timer: Timer | undefined = undefined;
  #timerAt = Infinity;
  /** How many lists have an entry. */
  #busyLists = 0;

  constructor(clock: Clock, turnEnd: TurnEnd) {
    this.#clock = clock;
    this.#turnEnd = turnEnd;
  }

  add(entry: DeadlineEntry, timeoutMs: number): void {
    const list = this.#lastList?.timeoutMs === timeoutMs ? this.#lastList : this.#listOf(timeoutMs);
    const { tail } = list;
    entry.list = list;
    entry.previous = tail;
    if (tail === undefined) this.#busyLists++;
    else tail.next = entry;
    list.tail = entry;
    if (!list.awaitsStamp) this.#awaitStamp(list);
  }

  /** Takes an entry out; one that is not in is left alone. */
  remove(entry: DeadlineEntry): void {
    const { list, previous, next } = entry;
    if (list === undefined) return;
    if (list.head === entry) list.head = next;
    if (previous !== undefined) previous.next = next;
    if (next === undefined) list.tail = previous;
    else next.previous = previous;
    entry.list = entry.previous = entry.next = undefined;
    if (list.tail === undefined && --this.#busyLists === 0) this.#timer?.keepAlive(false);
  }

  /** Every entry, in no order. */
  entries(): DeadlineEntry[] {
    const found: DeadlineEntry[] = [];
    for (const list of this.#lists.values()) {
      for (let entry = list.tail; entry !== undefined; entry = entry.previous) found.push(entry);
    }
    return found;
  }

  /** Gives every new entry its time. */
  turnEnded(now: number): void {
    const lists = this.#unstamped;
    this.#unstamped = [];
    for (const list of lists) {
      for (let entry = list.tail; entry !== undefined && entry.expiresAt === 0; entry = entry.previous) {
        entry.expiresAt = now + list.timeoutMs;
        if (entry.previous === undefined) list.head = entry;
      }
      list.awaitsStamp = false;
    }
    this.#plan(now);
    if (this.#busyLists > 0) this.#timer?.keepAlive(true);
  }

  /** Ends the timer; nothing expires any more. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Infinity;
  }

  #listOf(timeoutMs: number): DeadlineList {
    let list = this.#lists.get(timeoutMs);
    if (list === undefined) {
      const key = this.#lists.size < exactLists ? timeoutMs : rounded(timeoutMs);
      list = this.#lists.get(key) ?? new DeadlineList(key);
      this.#lists.set(key, list);
    }
    this.#lastList = list;
    return list;
  }

  #awaitStamp(list: DeadlineList): void {
    list.awaitsStamp = true;
    if (this.#unstamped.push(list) === 1) this.#turnEnd.tell(this);
  }

  #fire(): void {
    const now = this.#clock.now();
    this.#timer = undefined;
    this.#timerAt = Infinity;
    for (const list of this.#lists.values()) this.#expire(list, now);
    this.#plan(now);
  }

  /** Sets the timer to the earliest deadline. */
  #plan(now: number): void {
    let earliest = Infinity;
    for (const { head } of this.#lists.values()) {
      if (head !== undefined && head.expiresAt !== 0) earliest = Math.min(earliest, head.expiresAt);
    }
    if (earliest >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = earliest;
    this.#timer = this.#clock.startTimer(earliest - now, () => this.#fire());
  }

  #expire(list: DeadlineList, now: number): void {
    for (let entry = list.head; entry !== undefined && isOver(entry, now); entry = list.head) {
      this.remove(entry);
      entry.expire();
    }
  }
}

function isOver({ expiresAt }: DeadlineEntry, now: number): boolean {
  return expiresAt !== 0 && expiresAt <= now;
}
