import type { Report } from './report.ts';
import { tablesOf, type Cells, type Table } from './tables.ts';

/** A group's report as text for a terminal. */
export function textOf(report: Report): string {
  return [`${report.group}: ${report.about}`, ...tablesOf(report).map(aligned)].join('\n\n');
}

/** The first column to the left, the others to the right, as wide as their longest cell. */
function aligned({ head, rows }: Table): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const padded = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const line = (row: Cells): string => row.map(padded).join('  ').trimEnd();
  return all.map((row) => `  ${line(row)}`).join('\n');
}
