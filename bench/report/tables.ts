import type { FactRow, RatioRow, Report, Spread, Target, TimeRow } from './report.ts';

/** A line of a table. */
export type Cells = readonly string[];

/** A table for people, in whatever form it is then shown. */
export interface Table {
  readonly head: Cells;
  readonly rows: readonly Cells[];
}

/** A group's report as tables: its times, its ratios, its facts; those that have something to say. */
export function tablesOf(report: Report): Table[] {
  const tables = [
    { head: ['time of one call', 'median', 'min – max'], rows: report.times.map(timeCells) },
    {
      head: ['ratio within a round', 'median', 'min – max', 'target', ''],
      rows: report.ratios.map(ratioCells),
    },
    { head: ['count', '', 'target', ''], rows: report.facts.map(factCells) },
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function timeCells(row: TimeRow): Cells {
  return [row.what, duration(row.median), `${duration(row.min)} – ${duration(row.max)}`];
}

function ratioCells(row: RatioRow): Cells {
  return [row.what, short(row.median), range(row), wanted(row.target), row.verdict ?? ''];
}

function factCells(row: FactRow): Cells {
  return [row.what, `${short(row.value)} ${row.unit}`.trim(), wanted(row.target), row.verdict ?? ''];
}

function range({ min, max }: Spread): string {
  return `${short(min)} – ${short(max)}`;
}

function wanted(target: Target | undefined): string {
  return target === undefined ? '' : `${target.kind} ${target.limit}`;
}

function duration(ns: number): string {
  if (ns < 1000) return `${short(ns)} ns`;
  return ns < 1_000_000 ? `${short(ns / 1000)} µs` : `${short(ns / 1_000_000)} ms`;
}

/** Three digits: more would claim what no run can know. */
function short(figure: number): string {
  if (!Number.isFinite(figure)) return '?';
  const digits = Math.abs(figure) >= 100 ? 0 : Math.abs(figure) >= 10 ? 1 : 2;
  return Number.isInteger(figure)
    ? figure.toLocaleString('en')
    : figure.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}
