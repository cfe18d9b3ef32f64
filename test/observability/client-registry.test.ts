import { describe, expect, it } from 'vitest';
import { PluginError, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { prometheusExporter } from 'plugboard/observability';
import { needsTool } from '../languages/tool.ts';
import { answering } from '../manager/plugins.ts';
import { managed } from '../support/managed.ts';
import { samplesOf, scrapeText } from './scrape.ts';

/** What the two libraries have in common. */
interface Client {
  readonly Registry: {
    new (): Registry;
    readonly OPENMETRICS_CONTENT_TYPE: string;
  };
  readonly Counter: new (options: { name: string; help: string; registers: never[] }) => { inc(): void };
}

interface Registry {
  metrics(): Promise<string>;
  resetMetrics(): void;
  setContentType(type: string): void;
  setDefaultLabels(labels: object): void;
  getMetricsAsJSON(): Promise<unknown>;
  registerMetric(metric: never): unknown;
  removeSingleMetric(name: string): void;
}

const moody = answering<number, string>((n) => {
  if (n % 2 === 0) throw new PluginError('EVEN', { message: 'even' });
  return 'ok';
});

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** A library, or undefined where it cannot be loaded: the successor is made for Node 22 and later. */
const ifLoaded = (loading: Promise<unknown>): Promise<Client | undefined> =>
  loading.then(
    (client) => client as Client,
    () => undefined,
  );

const clients = [
  ['prom-client', await ifLoaded(import('prom-client'))],
  ['@prometheus-io/client', await ifLoaded(import('@prometheus-io/client'))],
] as const;

describe.each(clients)('a registry of %s', (name, loaded) => {
  needsTool(name, loaded !== undefined);
  const client = loaded as Client;
  const counterIn = (registry: Registry, metric: string): { inc(): void } =>
    new client.Counter({ name: metric, help: 'Of the application.', registers: [registry as never] });

  it('shows our metrics beside its own, as our own page has them', async () => {
    const exporter = prometheusExporter({ port: 0 });
    await using host = await managed(
      Simple<number, string>().withMetricsExporter(exporter).withPlugin('auth', inProcess(moody)).build(),
    );
    const registry = new client.Registry();
    exporter.registerInto(registry);
    counterIn(registry, 'mails_total').inc();
    for (let n = 0; n < 9; n++) await host.manager.execute('auth', n, { traceparent }).catch(() => {});

    const text = samplesOf(await registry.metrics());
    expect(text.get('mails_total')).toBe(1);
    const ours = [...text].filter(([series]) => series !== 'mails_total');
    const inOrder = (samples: Iterable<readonly [string, number]>): unknown =>
      [...samples].map(([series, value]) => `${labelsInOrder(series)} ${value}`).toSorted();
    expect(inOrder(ours)).toEqual(inOrder(samplesOf(await scrapeText(exporter))));

    registry.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
    const open = await registry.metrics();
    expect(open).toContain('# TYPE plugin_requests counter');
    expect(open).toMatch(/_bucket\{.*\} \d+ # \{trace_id="0af7651916cd43dd8448eb211c80319c",/);
    expect(samplesOf(open).size).toBe(text.size);
  });

  it('may do with them what it does with its own', async () => {
    const exporter = prometheusExporter({ namespace: 'app' });
    const registry = new client.Registry();
    exporter.registerInto(registry);
    expect(samplesOf(await registry.metrics()).size).toBe(0); // no manager yet
    await using host = await managed(
      Simple<number, string>().withMetricsExporter(exporter).withPlugin('auth', inProcess(moody)).build(),
    );
    await host.manager.execute('auth', 1);
    registry.setDefaultLabels({ app: 'mail' });
    registry.resetMetrics();
    expect(await registry.metrics()).toMatch(/^app_plugin_requests_total\{.*app="mail".*\} 1$/m);
    expect(JSON.stringify(await registry.getMetricsAsJSON())).toContain('app_plugin_requests_total');
  });

  it('that has a metric of our name says so, with the cure, and is left as it was', async () => {
    const registry = new client.Registry();
    counterIn(registry, 'plugin_retries_total');
    expect(() => prometheusExporter().registerInto(registry)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_1703',
        message: expect.stringContaining('namespace') as string,
      }),
    );
    expect(await registry.getMetricsAsJSON()).toMatchObject([{ name: 'plugin_retries_total' }]);
  });
});

function labelsInOrder(series: string): string {
  const [, name = series, labels = ''] = /^(\w+)\{(.*)\}$/.exec(series) ?? [];
  return `${name}{${labels.split(',').toSorted().join(',')}}`;
}
