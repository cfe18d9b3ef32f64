import type { Histogram } from '../../src/core/metrics-snapshot.ts';

/** Counts of values by bucket, in one array: a count for each bound, one for what is above all, and the sum. */
export class Buckets {
  readonly bounds: readonly number[];
  readonly cells: Float64Array;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.cells = new Float64Array(bounds.length + 2);
  }

  /** Counts a value and says in which bucket it fell. */
  add(value: number): number {
    const { bounds, cells } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? Infinity)) at++;
    cells[at] = (cells[at] ?? 0) + 1;
    cells[bounds.length + 1] = (cells[bounds.length + 1] ?? 0) + value;
    return at;
  }

  get count(): number {
    let count = 0;
    for (let at = 0; at <= this.bounds.length; at++) count += this.cells[at] ?? 0;
    return count;
  }

  /** Takes in what another one with the same bounds has counted. */
  merge(other: Buckets): void {
    for (let at = 0; at < this.cells.length; at++) {
      this.cells[at] = (this.cells[at] ?? 0) + (other.cells[at] ?? 0);
    }
  }

  /** As it is now, as plain data. */
  get histogram(): Histogram {
    const { count, sum, buckets } = this.copy;
    return { count, sum, buckets };
  }

  /** The same, half as costly to make. */
  get copy(): Histogram {
    return new Copy(this.bounds, this.cells.slice(), this.count);
  }
}

/** Copied in one go; its buckets are spelled out when they are read, so that many can be copied at once. */
class Copy implements Histogram {
  readonly count: number;
  readonly sum: number;
  readonly #bounds: readonly number[];
  readonly #cells: Float64Array;

  constructor(bounds: readonly number[], cells: Float64Array, count: number) {
    this.count = count;
    this.sum = cells[bounds.length + 1] ?? 0;
    this.#bounds = bounds;
    this.#cells = cells;
  }

  get buckets(): Histogram['buckets'] {
    let count = 0;
    return [...this.#bounds, Infinity].map((le, at) => ({ le, count: (count += this.#cells[at] ?? 0) }));
  }

  toJSON(): Histogram {
    const { count, sum, buckets } = this;
    return { count, sum, buckets };
  }
}

/**
 * The value below which a share of a histogram's values lie, taken to lie evenly in their buckets, as Prometheus'
 * `histogram_quantile` does; the largest bound for what is above it. Undefined for an empty histogram.
 */
export function quantile({ count, buckets }: Histogram, share: number): number | undefined {
  if (count === 0) return undefined;
  const rank = share * count;
  const at = buckets.findIndex((bucket) => bucket.count >= rank);
  const bucket = buckets[at];
  const before = buckets[at - 1] ?? { le: 0, count: 0 };
  if (bucket === undefined || bucket.le === Infinity) return before.le;
  return before.le + (bucket.le - before.le) * ((rank - before.count) / (bucket.count - before.count));
}
