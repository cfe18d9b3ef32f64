import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Report } from './report/report.ts';

/** Runs one group in a process of its own, so that no group is measured with what another left in the compiler and the heap. */
export async function runApart(group: string): Promise<Report> {
  const child = fork(new URL('./group.js', import.meta.url), [group], { execArgv: ['--expose-gc'] });
  const reports: Report[] = [];
  child.on('message', (report) => reports.push(report as Report));
  await once(child, 'exit');
  const [report] = reports;
  if (report === undefined) throw new Error(`the group ${group} ended without a report`);
  return report;
}
