import type { Exemplar, Labels, MetricDescriptor, MetricFamily } from '../../src/core/metric-family.ts';
import type { MetricPoint } from '../../src/core/metric-family.ts';

/** The two forms in which Prometheus reads metrics. */
export type Format = 'text' | 'openmetrics';

/** The media type of each form. */
export const contentTypes: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** The lines of one family: Prometheus text 0.0.4, or OpenMetrics 1.0 with units and exemplars. */
export function* linesOf(
  { descriptor, points }: MetricFamily,
  prefix: string,
  format: Format,
): Generator<string> {
  if (points.length === 0) return; // OpenMetrics allows a family without points, other readers may not
  const name = prefix + descriptor.name;
  yield* headOf(descriptor, format === 'text' ? name : familyName(name, descriptor), format);
  for (const point of points) {
    if (point.histogram === undefined) yield `${name}${labelText(point.labels)} ${numberText(point.value)}`;
    else yield* histogramLines(name, point, format);
  }
}

function* headOf({ help, type, unit }: MetricDescriptor, name: string, format: Format): Generator<string> {
  yield `# HELP ${name} ${escapeHelp(help, format)}`;
  yield `# TYPE ${name} ${format === 'text' && type === 'info' ? 'gauge' : type}`;
  if (format === 'openmetrics' && unit !== undefined) yield `# UNIT ${name} ${unit}`;
}

/** OpenMetrics names a family without what its samples add. */
function familyName(name: string, { type }: MetricDescriptor): string {
  if (type === 'counter') return name.replace(/_total$/, '');
  return type === 'info' ? name.replace(/_info$/, '') : name;
}

function* histogramLines(name: string, point: MetricPoint, format: Format): Generator<string> {
  const { labels, histogram, exemplars } = point;
  if (histogram === undefined) return;
  const inner = innerText(labels);
  const before = inner === '' ? '' : `${inner},`;
  for (const [at, { le, count }] of histogram.buckets.entries()) {
    const exemplar = format === 'openmetrics' ? exemplars?.[at] : undefined;
    yield `${name}_bucket{${before}le="${boundText(le, format)}"} ${count}${exemplarText(exemplar)}`;
  }
  yield `${name}_sum${labelText(labels)} ${numberText(histogram.sum)}`;
  yield `${name}_count${labelText(labels)} ${histogram.count}`;
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return '';
  const { traceId, spanId, value, atMs } = exemplar;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${numberText(value)} ${atMs / 1000}`;
}

function labelText(labels: Labels): string {
  const inner = innerText(labels);
  return inner === '' ? '' : `{${inner}}`;
}

function innerText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** OpenMetrics writes whole bounds with a point. */
function boundText(le: number, format: Format): string {
  const text = numberText(le);
  return format === 'openmetrics' && Number.isInteger(le) ? `${text}.0` : text;
}

/** A value from outside must not end its line or its quotes. */
function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(help: string, format: Format): string {
  const text = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return format === 'openmetrics' ? text.replaceAll('"', '\\"') : text;
}
