import type { CallMetrics, CallRecorder, Histogram, PluginMetrics } from '../src/core/metrics.ts';

/** Upper bounds in seconds: those of go-plugins and of Prometheus' own clients. */
const durationBucketsSeconds: readonly number[] = [
  0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** A plugin may invent codes; what is over this many is counted as `_OTHER`. */
const maxCodes = 50;

/** Counts calls in memory: fixed cells for each plugin, nothing allocated for a call. */
export function callMetrics(): CallMetrics {
  const cells = new Map<string, PluginCells>();
  return {
    recorderFor(plugin) {
      const own = new PluginCells();
      cells.set(plugin, own);
      return own;
    },
    forget: (plugin) => void cells.delete(plugin),
    snapshot: () => ({
      plugins: Object.fromEntries([...cells].map(([plugin, own]) => [plugin, own.snapshot()])),
    }),
  };
}

class PluginCells implements CallRecorder {
  readonly #buckets = new Float64Array(durationBucketsSeconds.length + 1);
  readonly #failures = new Map<string, number>();
  #count = 0;
  #failed = 0;
  #sumMs = 0;
  #limitedLocally = 0;

  ended(durationMs: number, errorCode: string | undefined): void {
    this.#count++;
    this.#sumMs += durationMs;
    const bucket = bucketOf(durationMs / 1000);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    if (errorCode !== undefined) this.#fail(errorCode);
  }

  limitedLocally(): void {
    this.#limitedLocally++;
  }

  snapshot(): PluginMetrics {
    return {
      requestsTotal: this.#count,
      requestsSuccess: this.#count - this.#failed,
      requestsFailure: this.#failed,
      failures: Object.fromEntries(this.#failures),
      durationSeconds: this.#histogram(),
      limitedLocally: this.#limitedLocally,
    };
  }

  #fail(errorCode: string): void {
    this.#failed++;
    const code = this.#failures.has(errorCode) || this.#failures.size < maxCodes ? errorCode : '_OTHER';
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  #histogram(): Histogram {
    let count = 0;
    const buckets = [...durationBucketsSeconds, Infinity].map((le, at) => ({
      le,
      count: (count += this.#buckets[at] ?? 0),
    }));
    return { count: this.#count, sum: this.#sumMs / 1000, buckets };
  }
}

function bucketOf(seconds: number): number {
  for (let at = 0; at < durationBucketsSeconds.length; at++) {
    if (seconds <= (durationBucketsSeconds[at] ?? Infinity)) return at;
  }
  return durationBucketsSeconds.length;
}
