import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { until } from '../../support/processes.ts';
import { nodePlugin, printed, runHost } from './go-hosts.ts';
import { buildGo, hasGo } from './go-plugins.ts';
import { startPlugin } from './started-plugin.ts';

beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

describe('what a served plugin prints', () => {
  needsTool('go', hasGo);
  const plugin = nodePlugin('go-prints.mjs');

  it('arrives at the host by channel, in its order and byte for byte, from the first line on', async () => {
    const run = await runHost(['until stdout │ 0', 'until stderr error'], { plugin });
    const stdout = printed(run, 'stdout');
    expect(stdout).toMatch(/^a line of the console\nstdout itself\u20ac and told in hex: !\n/);
    expect(stdout).toContain('│ 0       │ 1 │');
    expect(printed(run, 'stderr')).toBe('and an error\n');
    expect(run.logs.map((record) => record['@message'])).not.toContain('and an error');
  });

  it('is kept up to a MiB until the host listens, and said to be lost beyond', async () => {
    const run = await runHost(['until stderr are lost'], { plugin, env: { FIXTURE_FLOODS: '1' } });
    const { length } = printed(run, 'stdout');
    expect(length).toBeGreaterThan(1023 * 1024);
    expect(length).toBeLessThanOrEqual(1024 * 1024);
    const said = /\[(\d+) bytes were printed while the host did not listen/.exec(printed(run, 'stderr'));
    expect(Number(said?.[1])).toBeGreaterThan(1900 * 1024);
  });

  it('is not on stdout even if it is printed while the services are loaded', async () => {
    const run = await runHost(['until stdout loading'], { plugin: nodePlugin('go-prints-early.mjs') });
    expect(printed(run, 'stdout')).toBe('loading …\n');
  });

  it('holds nothing up where nobody ever listens', async () => {
    await using folder = await tempFolder();
    const mark = await folder.write('mark', '');
    await using started = await startPlugin({ FIXTURE_FLOODS: '1', FIXTURE_MARK: mark }, 'go-prints.mjs');
    expect(started.line).not.toBe('');
    let said = '';
    void (async () => {
      while (said === '') said = await readFile(mark, 'utf8');
    })();
    await until(() => said === 'printed');
  });
});

describe('what a served plugin logs', () => {
  needsTool('go', hasGo);

  it('arrives in the log of the host with level and fields, whatever stands in them', async () => {
    const run = await runHost(['ask Log hello world']);
    const own = run.logs.filter((record) => record['@module'] === 'plugin');
    expect(own).toMatchObject([
      { '@level': 'debug', '@message': 'fine' },
      { '@level': 'info', '@message': 'hello world', list: ['a', 'b'], answer: 42 },
      { '@level': 'warn', '@message': 'careful', error: 'not good' },
      { '@level': 'error', '@message': 'bad' },
    ]);
  });
});
