/** Seconds since 1970, and nanoseconds within the last. */
export type HrTime = [seconds: number, nanoseconds: number];

/** A histogram as OpenTelemetry's SDK has it: counts of each bucket alone, one more than there are bounds. */
export interface OtelHistogram {
  readonly buckets: { boundaries: number[]; counts: number[] };
  readonly sum: number;
  readonly count: number;
}

/** One value with its attributes. */
export interface OtelPoint<T> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Record<string, string>;
  readonly value: T;
}

/**
 * A metric in the shape of `MetricData` of @opentelemetry/sdk-metrics, whose enums are these numbers. It is written
 * down here so that a host without that package can use our types.
 */
export type OtelMetric = {
  readonly descriptor: {
    readonly name: string;
    readonly description: string;
    readonly unit: string;
    /** A double. */
    readonly valueType: 1;
  };
  /** 0: since the last export. 1: since the start. */
  readonly aggregationTemporality: 0 | 1;
} & (
  | { readonly dataPointType: 0; readonly dataPoints: OtelPoint<OtelHistogram>[] }
  | { readonly dataPointType: 2; readonly dataPoints: OtelPoint<number>[] }
  | { readonly dataPointType: 3; readonly isMonotonic: true; readonly dataPoints: OtelPoint<number>[] }
);

/** The metrics of one instrumentation. */
export interface OtelScopeMetrics {
  scope: { readonly name: string; readonly version: string };
  metrics: OtelMetric[];
}

/** A time of day as OpenTelemetry writes it. */
export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
