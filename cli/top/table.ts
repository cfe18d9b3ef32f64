import type { Figures } from './figures.ts';

type Column = readonly [title: string, cell: (figures: Figures) => string];

const columns: readonly Column[] = [
  ['PLUGIN', ({ plugin }) => plugin],
  ['HEALTH', ({ health }) => health],
  ['READY', ({ ready, instances }) => `${ready}/${instances}`],
  ['CALLS/S', ({ requestsPerSecond }) => decimal(requestsPerSecond, 1)],
  ['FAILED', ({ errorRate }) => (errorRate === undefined ? '-' : `${decimal(errorRate * 100, 1)}%`)],
  ['P50', ({ p50Seconds }) => duration(p50Seconds)],
  ['P95', ({ p95Seconds }) => duration(p95Seconds)],
  ['ACTIVE', ({ active }) => String(active)],
  ['QUEUED', ({ queued }) => String(queued)],
  ['BREAKER', ({ breaker = '-' }) => breaker],
  ['RESTARTS', ({ restarts }) => String(restarts)],
  ['CALLS', ({ requestsTotal }) => String(requestsTotal)],
];

/** Text is on the left of its column, numbers are on the right. */
const leftColumns = new Set(['PLUGIN', 'HEALTH', 'BREAKER']);

/** The lines of a table, none longer than `width`. */
export function tableOf(figures: readonly Figures[], width: number = Infinity): string[] {
  const rows = [
    columns.map(([title]) => title),
    ...figures.map((one) => columns.map(([, cell]) => cell(one))),
  ];
  const widths = columns.map((_column, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) =>
        leftColumns.has(columns[at]?.[0] ?? '')
          ? cell.padEnd(widths[at] ?? 0)
          : cell.padStart(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd()
      .slice(0, width),
  );
}

function decimal(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits);
}

function duration(seconds: number | undefined): string {
  if (seconds === undefined) return '-';
  if (seconds >= 1) return `${seconds.toFixed(2)}s`;
  return `${(seconds * 1000).toFixed(seconds >= 0.01 ? 0 : 2)}ms`;
}
