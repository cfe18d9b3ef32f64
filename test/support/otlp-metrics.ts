import { definitions, facts, type Facts, type KeyValue, type Post } from './otlp-receiver.ts';

interface WirePoint {
  readonly attributes?: readonly KeyValue[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly asInt?: string;
  readonly count?: string | number;
  readonly sum?: number;
  readonly explicitBounds?: readonly number[];
  readonly bucketCounts?: readonly (string | number)[];
}

interface WirePoints {
  readonly dataPoints?: readonly WirePoint[];
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
}

interface MetricsRequest {
  readonly resourceMetrics?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeMetrics?: readonly {
      readonly scope?: { readonly name?: string };
      readonly metrics?: readonly {
        readonly name: string;
        readonly unit?: string;
        readonly description?: string;
        readonly sum?: WirePoints;
        readonly gauge?: WirePoints;
        readonly histogram?: WirePoints;
      }[];
    }[];
  }[];
}

/** One value as it arrived; of a histogram its count. */
export interface ReceivedPoint {
  readonly labels: Facts;
  readonly value: number;
  readonly sum: number | undefined;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly startMs: number;
  readonly endMs: number;
}

/** A metric as it arrived. */
export interface ReceivedMetric {
  readonly resource: Facts;
  readonly scope: string;
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: 'sum' | 'gauge' | 'histogram';
  readonly temporality: 'delta' | 'cumulative' | 'none';
  readonly points: readonly ReceivedPoint[];
}

/** The metrics of an export, JSON or protobuf. */
export function metricsIn({ headers, body }: Pick<Post, 'body'> & Partial<Post>): ReceivedMetric[] {
  const isJson = headers?.['content-type'] === 'application/json';
  const { resourceMetrics = [] } = isJson ? (JSON.parse(body.toString()) as MetricsRequest) : decode(body);
  return resourceMetrics.flatMap(({ resource, scopeMetrics = [] }) =>
    scopeMetrics.flatMap(({ scope, metrics = [] }) =>
      metrics.map(({ name, unit = '', description = '', sum, gauge, histogram }): ReceivedMetric => {
        const { dataPoints = [], aggregationTemporality = 0 } = sum ?? histogram ?? gauge ?? {};
        return {
          resource: facts(resource?.attributes),
          scope: scope?.name ?? '',
          name,
          unit,
          description,
          kind: sum ? 'sum' : histogram ? 'histogram' : 'gauge',
          temporality: (['none', 'delta', 'cumulative'] as const)[aggregationTemporality] ?? 'none',
          points: dataPoints.map(received),
        };
      }),
    ),
  );
}

function decode(body: Uint8Array): MetricsRequest {
  const type = definitions.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
  return type.toObject(type.decode(body), { longs: String }) as MetricsRequest;
}

function received(point: WirePoint): ReceivedPoint {
  return {
    labels: facts(point.attributes),
    value: Number(point.asDouble ?? point.asInt ?? point.count),
    sum: point.sum,
    bounds: point.explicitBounds ?? [],
    counts: (point.bucketCounts ?? []).map(Number),
    startMs: Number(BigInt(point.startTimeUnixNano) / 1_000_000n),
    endMs: Number(BigInt(point.timeUnixNano) / 1_000_000n),
  };
}
