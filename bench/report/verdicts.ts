import type { Report, Verdict } from './report.ts';

/** What was judged so, with its group. */
export function judged(reports: readonly Report[], verdict: Verdict): string[] {
  return reports.flatMap(({ group, ratios, facts }) =>
    [...ratios, ...facts].filter((row) => row.verdict === verdict).map((row) => `${group}: ${row.what}`),
  );
}

/** What was not held, one line each; one sentence if everything was. */
export function closing(reports: readonly Report[]): readonly string[] {
  const near = judged(reports, 'within noise').map((what) => `within noise  ${what}`);
  const missed = judged(reports, 'missed').map((what) => `missed        ${what}`);
  return near.length + missed.length === 0 ? ['Every target was held.'] : [...near, ...missed];
}
