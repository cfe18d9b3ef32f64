import type { MetricFamily, MetricPoint } from '../../src/core/metric-family.ts';
import { hrTime, type OtelMetric, type OtelPoint, type OtelScopeMetrics } from './metric-data.ts';
import { otlpName } from './metric-name.ts';
import { otelHistogram, seriesKey, since } from './points.ts';
import { withRpcDuration } from './rpc-duration.ts';
import { scope } from './scope.ts';

/** `cumulative`: since the start, as Prometheus counts. `delta`: since the last export that arrived. */
export type Temporality = 'cumulative' | 'delta';

/** A picture of everything counted, at its time in milliseconds since 1970. */
export interface Picture {
  readonly atMs: number;
  readonly families: readonly MetricFamily[];
}

/** A picture as OpenTelemetry has it. With an earlier one, what has come since. */
export function otelMetrics({ families, atMs }: Picture, before?: Picture): OtelScopeMetrics {
  const earlier = before && pointsOf(before);
  const delta = earlier && { points: earlier, atMs: before.atMs };
  const metrics = families.map((family) => otelMetric(family, atMs, delta));
  return { scope, metrics: withRpcDuration(metrics, families) };
}

/** What was there before, by metric and series. */
interface Earlier {
  readonly points: ReadonlyMap<string, MetricPoint>;
  readonly atMs: number;
}

function pointsOf({ families }: Picture): ReadonlyMap<string, MetricPoint> {
  return new Map(
    families.flatMap(({ descriptor, points }) =>
      points.map((point) => [descriptor.name + seriesKey(point), point] as const),
    ),
  );
}

function otelMetric(
  { descriptor, points }: MetricFamily,
  atMs: number,
  earlier: Earlier | undefined,
): OtelMetric {
  const { type, help } = descriptor;
  const about = {
    descriptor: { ...otlpName(descriptor), description: help, valueType: 1 },
    aggregationTemporality: earlier === undefined ? 1 : 0,
  } as const;
  if (type === 'gauge' || type === 'info') {
    return {
      ...about,
      dataPointType: 2,
      dataPoints: points.map((point) => placed(point, point.value, atMs)),
    };
  }
  const counted = points.map((point) => {
    const before = earlier?.points.get(descriptor.name + seriesKey(point));
    const goesOn = before !== undefined && before.sinceMs === point.sinceMs;
    return { point: since(point, before), fromMs: goesOn && earlier ? earlier.atMs : point.sinceMs };
  });
  if (type === 'histogram') {
    const dataPoints = counted.flatMap(({ point, fromMs }) =>
      point.histogram === undefined ? [] : [placed(point, otelHistogram(point.histogram), atMs, fromMs)],
    );
    return { ...about, dataPointType: 0, dataPoints };
  }
  const dataPoints = counted.map(({ point, fromMs }) => placed(point, point.value, atMs, fromMs));
  return { ...about, dataPointType: 3, isMonotonic: true, dataPoints };
}

/** The time of day may be set back; an export does not end before it began. */
function placed<T>(
  { labels, sinceMs }: MetricPoint,
  value: T,
  atMs: number,
  fromMs: number = sinceMs,
): OtelPoint<T> {
  const startTime = hrTime(fromMs);
  return { startTime, endTime: hrTime(Math.max(atMs, fromMs)), attributes: { ...labels }, value };
}
