import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../languages/tool.ts';
import { goBuildTimeoutMs } from '../support/go-fixtures.ts';
import { buildGo } from '../transports/go-plugin/go-plugins.ts';
import { play } from './play.ts';
import { scenarios } from './scenario.ts';
import { subjects } from './subjects.ts';

beforeAll(() => buildGo('1.8.0', '1.4.8'), goBuildTimeoutMs);

describe.each(subjects)('$name', (subject) => {
  needsTool('go', subject.isHere);
  const expected = scenarios.filter(({ needs }) => needs === undefined || !subject.lacks.includes(needs));

  it.each(expected)('$name', async (scenario) => {
    await expect(play(scenario, subject)).resolves.toBeUndefined();
  });
});
