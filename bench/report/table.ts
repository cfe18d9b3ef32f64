import type { FactRow, RatioRow, Report, Spread, Target, TimeRow, Verdict } from './report.ts';

type Cells = readonly string[];

/** A group's report as text for people: its times, its ratios, its facts. */
export function tableOf(report: Report): string {
  const parts = [
    table(['time of one call', 'median', 'min – max'], report.times.map(timeCells)),
    table(['ratio within a round', 'median', 'min – max', 'target', ''], report.ratios.map(ratioCells)),
    table(['count', '', 'target', ''], report.facts.map(factCells)),
  ];
  return [`${report.group}: ${report.about}`, ...parts.filter((part) => part !== '')].join('\n\n');
}

function timeCells(row: TimeRow): Cells {
  return [row.what, duration(row.median), `${duration(row.min)} – ${duration(row.max)}`];
}

function ratioCells(row: RatioRow): Cells {
  return [row.what, short(row.median), range(row), wanted(row.target), row.verdict ?? ''];
}

function factCells(row: FactRow): Cells {
  return [row.what, `${short(row.value)} ${row.unit}`, wanted(row.target), row.verdict ?? ''];
}

function range({ min, max }: Spread): string {
  return `${short(min)} – ${short(max)}`;
}

function wanted(target: Target | undefined): string {
  return target === undefined ? '' : `${target.kind} ${target.limit}`;
}

/** The first column to the left, the others to the right, as wide as their longest cell. */
function table(head: Cells, rows: readonly Cells[]): string {
  if (rows.length === 0) return '';
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: Cells): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return all.map((row) => `  ${line(row)}`).join('\n');
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

/** Every target that was missed by more than noise, by group; `all` adds those that noise may explain. */
export function judged(reports: readonly Report[], verdict: Verdict): string[] {
  return reports.flatMap(({ group, ratios, facts }) =>
    [...ratios, ...facts].filter((row) => row.verdict === verdict).map((row) => `${group}: ${row.what}`),
  );
}
