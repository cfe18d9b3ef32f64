import type { Histogram } from './metrics-snapshot.ts';

/** What is fixed about a metric. */
export interface MetricDescriptor {
  /** As Prometheus has it: snake case, with its unit and, for a counter, `_total`. */
  readonly name: string;
  /** `info` is a gauge that is always 1 and says what it says in its labels. */
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info';
  /** The base unit of its values; undefined for a plain number. */
  readonly unit: 'seconds' | 'bytes' | undefined;
  /** One sentence. */
  readonly help: string;
  /** The names of its labels. A point may lack one. */
  readonly labels: readonly string[];
  /** The upper bounds of a histogram, the smallest first, without `Infinity`. */
  readonly buckets?: readonly number[] | undefined;
}

/** Label names to values; values come from outside and are not escaped. */
export type Labels = Readonly<Record<string, string>>;

/** One number, or one histogram, of a metric. */
export interface MetricPoint {
  readonly labels: Labels;
  /** The number; of a histogram, how many values it holds. */
  readonly value: number;
  /** Since when it is counted, in milliseconds since 1970. Another time means that it began anew. */
  readonly sinceMs: number;
  /** Given for histograms. */
  readonly histogram?: Histogram | undefined;
  /** The last traced value of each bucket that has one, by the bucket's place. */
  readonly exemplars?: readonly (Exemplar | undefined)[] | undefined;
}

/** A value and the sampled trace it belongs to. */
export interface Exemplar {
  /** 32 hexadecimal digits, as W3C Trace Context has it. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly value: number;
  /** When it was recorded, in milliseconds since 1970. */
  readonly atMs: number;
}

/** A metric with its points. */
export interface MetricFamily {
  readonly descriptor: MetricDescriptor;
  readonly points: readonly MetricPoint[];
}
