import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageAt } from '../../bench/report/page.ts';
import { atLeast, atMost, type Report } from '../../bench/report/report.ts';
import { fact, timesAsLong } from '../../bench/report/rows.ts';
import { closing, judged } from '../../bench/report/verdicts.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A race of four rounds in which one took so many times as long as the other. */
const takes = (...times: readonly number[]) =>
  timesAsLong(
    new Map([
      ['one', times],
      ['other', times.map(() => 1)],
    ]),
    'in a test',
    ['one', 'other'],
    atMost(2),
  );

const report = (ratios: Report['ratios'], facts: Report['facts'] = []): Report => ({
  group: 'group',
  about: 'what a | does',
  times: [],
  ratios,
  facts,
});

describe('a target', () => {
  it.each([
    ['is held if the middle round holds it', [1, 2, 2, 9, 1], 'held'],
    ['is missed if three rounds of four miss it', [1, 3, 3, 3, 3], 'missed'],
    ['is within noise if more than a quarter of the rounds hold it', [1, 2, 3, 3, 3], 'within noise'],
  ] as const)('%s', (_, times, verdict) => {
    expect(takes(...times).verdict).toBe(verdict);
  });

  it('within noise is no miss, but is told', () => {
    const reports = [report([takes(1, 2, 3, 3, 3)], [fact('calls', 3, '', atLeast(2))])];
    expect(judged(reports, 'missed')).toEqual([]);
    expect(closing(reports)).toEqual([
      expect.stringMatching(/^within noise {2}group: one takes x times other/),
    ]);
    expect(closing([report([takes(1)])])).toEqual(['Every target was held.']);
  });
});

describe('a page', () => {
  it('gets the tables of a run between its marks, in place of those of the last', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'page.md');
    const performance = await readFile(new URL('../../docs/performance.md', import.meta.url), 'utf8');
    await writeFile(file, performance);
    const last = await pageAt(file);
    await last.write('Node v0.0.0', [report([], [fact('calls of the last run', 1, '')])]);
    const page = await pageAt(file);
    await page.write('Node v0.0.0, 2 x processor', [report([takes(3)], [fact('calls', 1234, '')])]);
    const text = await readFile(file, 'utf8');
    const begin = performance.indexOf('<!-- measured');
    expect(text.slice(0, begin)).toBe(performance.slice(0, begin));
    expect(text.slice(begin)).toMatch(/Measured on \d{4}-\d\d-\d\d: Node v0\.0\.0, 2 x processor\./);
    expect(text).toContain('Missed:\n\n- group: one takes x times other, in a test\n');
    expect(text).toContain('\n| one takes x times other, in a test | 3 | 3 – 3 | at most 2 | missed |\n');
    expect(text).toContain('\n| calls | 1,234 |  |  |\n');
    expect(text).not.toContain('calls of the last run');
    expect(text.endsWith('\n<!-- measured -->\n')).toBe(true);
  });

  it('without a place for them is refused before the run', async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'page.md');
    await writeFile(file, '# Performance\n');
    await expect(pageAt(file)).rejects.toThrow('has no place for the figures');
  });
});
