import { readFile, writeFile } from 'node:fs/promises';
import type { Report } from './report.ts';
import { tablesOf, type Cells, type Table } from './tables.ts';
import { judged } from './verdicts.ts';

const begin = '<!-- measured: what stands between these marks is written by npm run bench -- --into -->';
const end = '<!-- measured -->';

/** A page that has a place for a run. */
export interface Page {
  write(machine: string, reports: readonly Report[]): Promise<void>;
}

/** Looks for the place, before the long run. @throws {Error} if there is no such page or no such place. */
export async function pageAt(path: string): Promise<Page> {
  const page = await readFile(path, 'utf8');
  const [from, to] = [page.indexOf(begin), page.lastIndexOf(end)];
  if (from === -1 || to < from) throw new Error(`${path} has no place for the figures:\n${begin}\n${end}`);
  const [before, after] = [page.slice(0, from + begin.length), page.slice(to)];
  return { write: (machine, reports) => writeFile(path, before + markdownOf(machine, reports) + after) };
}

/** A run in Markdown: where and when, what was not held, and every table. */
function markdownOf(machine: string, reports: readonly Report[]): string {
  const date = new Date().toISOString().slice(0, 10);
  return [
    '',
    `Measured on ${date}: ${machine}.`,
    listOf('Missed', judged(reports, 'missed')),
    listOf('Not held, but within the noise of this run', judged(reports, 'within noise')),
    ...reports.flatMap((report) => [
      `### ${report.group}`,
      sentence(report.about),
      ...tablesOf(report).map(tableOf),
    ]),
    '',
  ].join('\n\n');
}

function listOf(title: string, items: readonly string[]): string {
  if (items.length === 0) return `${title}: none.`;
  return `${title}:\n\n${items.map((item) => `- ${item}`).join('\n')}`;
}

function tableOf({ head, rows }: Table): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map(line).join('\n');
}

function line(cells: Cells): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
