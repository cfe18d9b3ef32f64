const windowSeconds = 60;

/** A power of two above the window, so that a second finds its slot by its last bits. */
const slots = 64;

/** Counts by the second over the last minute. No timer: a slot is cleared when its second comes again. */
export class Pace {
  readonly #sinceMs: number;
  readonly #counts = new Float64Array(slots);
  readonly #failures = new Float64Array(slots);
  #second: number;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
    this.#second = Math.floor(nowMs / 1000);
  }

  count(nowMs: number): void {
    const slot = this.#slotOf(nowMs);
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  countFailure(nowMs: number): void {
    const slot = this.#slotOf(nowMs);
    this.#failures[slot] = (this.#failures[slot] ?? 0) + 1;
  }

  /** What was counted in the last minute, and how long that was; shorter in the first minute, but a second at least. */
  over(nowMs: number): { readonly count: number; readonly failures: number; readonly seconds: number } {
    const now = this.#slotOf(nowMs);
    let count = 0;
    let failures = 0;
    for (let back = 0; back < windowSeconds; back++) {
      const slot = (now - back) & (slots - 1);
      count += this.#counts[slot] ?? 0;
      failures += this.#failures[slot] ?? 0;
    }
    const windowMs = (windowSeconds - 1) * 1000 + (nowMs % 1000);
    return { count, failures, seconds: Math.max(1, Math.min(windowMs, nowMs - this.#sinceMs) / 1000) };
  }

  #slotOf(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    if (second > this.#second) this.#moveTo(second);
    return this.#second & (slots - 1);
  }

  #moveTo(second: number): void {
    for (let next = Math.max(this.#second + 1, second - slots + 1); next <= second; next++) {
      this.#counts[next & (slots - 1)] = 0;
      this.#failures[next & (slots - 1)] = 0;
    }
    this.#second = second;
  }
}
