import type { MetricPoint } from '../../src/core/metric-family.ts';
import type { Histogram } from '../../src/core/metrics-snapshot.ts';
import type { OtelHistogram } from './metric-data.ts';

/** What two points of one series have in common. */
export function seriesKey({ labels }: MetricPoint): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What came since an earlier point; all of it where the series began anew. */
export function since(point: MetricPoint, before: MetricPoint | undefined): MetricPoint {
  if (before === undefined || before.sinceMs !== point.sinceMs || before.value > point.value) return point;
  return {
    ...point,
    value: point.value - before.value,
    histogram: point.histogram && histogramSince(point.histogram, before.histogram),
  };
}

function histogramSince(now: Histogram, before: Histogram | undefined): Histogram {
  if (before === undefined) return now;
  const buckets = now.buckets.map(({ le, count }, at) => ({
    le,
    count: count - (before.buckets[at]?.count ?? 0),
  }));
  return { count: now.count - before.count, sum: now.sum - before.sum, buckets };
}

/** Our buckets hold all below them too; OpenTelemetry's hold only their own. */
export function otelHistogram({ count, sum, buckets }: Histogram): OtelHistogram {
  return {
    count,
    sum,
    buckets: {
      boundaries: buckets.map(({ le }) => le).filter((le) => le !== Infinity),
      counts: buckets.map((bucket, at) => bucket.count - (buckets[at - 1]?.count ?? 0)),
    },
  };
}
