import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { descriptors } from 'plugboard/observability';
import { needsTool } from '../languages/tool.ts';
import { busyHost, type BusyHost } from './busy-host.ts';
import { hasPrometheus, prometheusDaemon, type PrometheusDaemon } from './prometheus-daemon.ts';
import { samplesOf } from './scrape.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

interface Exemplars {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
  }[];
}

/** The queries of a dashboard, as Grafana would send them for all jobs and all plugins. */
function queriesOf(dashboard: string): string[] {
  const { panels } = JSON.parse(read(`observability/dashboards/${dashboard}.json`)) as {
    panels: { targets: { expr: string }[] }[];
  };
  return panels
    .flatMap(({ targets }) => targets.map(({ expr }) => expr))
    .map((expr) => expr.replaceAll(/\$job|\$plugin/g, '.*').replaceAll('$__rate_interval', '1m'));
}

/** The names of metrics in a query: words that begin with `plugin_` and are not labels. */
function namesIn(query: string): string[] {
  const labels = new Set(descriptors.flatMap((row) => row.labels));
  return [...query.matchAll(/\bplugin_\w+\b/g)].map(([name]) => name).filter((name) => !labels.has(name));
}

const dashboards = ['plugboard-overview', 'plugboard-plugin'];

const { groups } = parse(read('observability/dashboards/plugboard-rules.yaml')) as {
  groups: { rules: { alert: string; expr: string }[] }[];
};
const rules = groups.flatMap((group) => group.rules);

describe('a real Prometheus', () => {
  needsTool('prometheus', hasPrometheus);
  let host: BusyHost;
  let daemon: PrometheusDaemon;
  let page = '';

  beforeAll(async () => {
    if (!hasPrometheus) return;
    host = await busyHost();
    daemon = await prometheusDaemon(host.target);
    await host.scraped(3); // the first of them is stored when the third begins
    page = await (await fetch(`http://${host.target}/`, { headers: { accept: 'text/plain' } })).text();
  });
  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  const query = async (text: string): Promise<Series[]> =>
    ((await daemon.api('query', { query: text })) as { result: Series[] }).result;

  it('has stored every value that the host shows', async () => {
    const stored = await query('last_over_time({job="plugboard",__name__=~"plugin.*"}[5m])');
    const asWritten = stored.map(({ metric, value }) => {
      const { __name__: name = '', job: _job, instance: _instance, ...labels } = metric;
      const le = labels['le'] === undefined ? {} : { le: labels['le'].replace(/\.0$/, '') };
      return [seriesOf(name, { ...labels, ...le }), Number(value[1])] as const;
    });
    const shown = [...samplesOf(page)].map(([series, value]) => [inOrder(series), value] as const);
    expect(Object.fromEntries(asWritten)).toEqual(Object.fromEntries(shown));
    expect(shown.length).toBeGreaterThan(200);
  });

  it('has stored what the host counted', async () => {
    const counted = host.manager.metrics();
    for (const [plugin, { requestsTotal, requestsFailure, retries }] of Object.entries(
      counted?.plugins ?? {},
    )) {
      const value = async (name: string): Promise<number> =>
        Number((await query(`sum(last_over_time(${name}{plugin_name="${plugin}"}[5m]))`))[0]?.value[1]);
      expect(await value('plugin_requests_total')).toBe(requestsTotal);
      expect(await value('plugin_requests_failure_total')).toBe(requestsFailure);
      expect(await value('plugin_retries_total')).toBe(retries);
    }
    expect(counted?.totals.requestsTotal).toBe(120);
  });

  it('has stored the exemplars', async () => {
    const stored = (await daemon.api('query_exemplars', {
      query: 'plugin_request_duration_seconds_bucket',
      start: String(Date.now() / 1000 - 600),
      end: String(Date.now() / 1000 + 60),
    })) as Exemplars[];
    const plugins = new Set(stored.map(({ seriesLabels }) => seriesLabels['plugin_name']));
    expect(plugins).toEqual(new Set(['moody', 'few', 'child']));
    for (const { exemplars } of stored)
      for (const { labels } of exemplars)
        expect(labels).toEqual({ trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' });
  });

  it.each(dashboards)('executes every query of %s', async (dashboard) => {
    for (const text of queriesOf(dashboard)) expect(await query(text)).toBeInstanceOf(Array);
  });

  it('executes every alert rule', async () => {
    for (const { expr } of rules) expect(await query(expr)).toBeInstanceOf(Array);
  });

  it('shows every metric that a dashboard or a rule names', () => {
    const shown = new Set([...samplesOf(page).keys()].map((series) => series.replace(/\{.*/s, '')));
    const named = [...dashboards.flatMap(queriesOf), ...rules.map(({ expr }) => expr)].flatMap(namesIn);
    expect(named.length).toBeGreaterThan(50);
    expect([...new Set(named)].filter((name) => !shown.has(name))).toEqual([]);
  });

  it('shows every metric of the table but those that wait for something to tell', () => {
    const shown = new Set(page.split('\n').flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []));
    const missing = descriptors.map(({ name }) => name).filter((name) => !shown.has(name));
    expect(missing).toEqual(['plugin_config_last_reload_timestamp_seconds']);
  });

  it('finds nothing to say about the names, types and help of what the host shows', () => {
    expect(promtool(['check', 'metrics'], page)).toBe('');
  });
});

describe('the alert rules', () => {
  needsTool('promtool', hasPrometheus);

  it('are valid, and fire and stay silent as their tests say', () => {
    promtool(['check', 'rules', 'observability/dashboards/plugboard-rules.yaml']);
    expect(promtool(['test', 'rules', 'test/observability/plugboard-rules.test.yaml'])).toContain('SUCCESS');
  });

  it('have each a test', () => {
    const tests = read('test/observability/plugboard-rules.test.yaml');
    expect(rules.filter(({ alert }) => !tests.includes(`alertname: ${alert}\n`))).toEqual([]);
  });
});

function promtool(args: string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: root, input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`promtool ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout + stderr;
}

function seriesOf(name: string, labels: Readonly<Record<string, string>>): string {
  const inner = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${inner.toSorted().join(',')}}`;
}

function inOrder(series: string): string {
  const [, name = series, inner = ''] = /^(\w+)\{(.*)\}$/.exec(series) ?? [];
  return `${name}{${inner.split(',').toSorted().join(',')}}`;
}
