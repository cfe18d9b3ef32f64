import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { silentLogger, Simple, systemClock, type PluginManager } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { descriptors, prometheusExporter, type PrometheusExporter } from 'plugboard/observability';
import { metricsRegistry } from '../../observability/metrics/registry.ts';
import { answering, loud } from '../manager/plugins.ts';
import { managed, type Managed } from '../support/managed.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { samplesOf, scrape, scrapeText, sumOf } from './scrape.ts';

/** A host with one plugin and one exporter. */
async function exported(
  exporter: PrometheusExporter,
): Promise<Managed<PluginManager<string, string, 'auth'>>> {
  return managed(
    Simple<string, string>().withMetricsExporter(exporter).withPlugin('auth', inProcess(loud)).build(),
  );
}

const sampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('the page for Prometheus', () => {
  it('is text unless OpenMetrics is asked for', async () => {
    const exporter = prometheusExporter({ port: 0 });
    await using _ = await exported(exporter);
    const typeFor = async (accept: string): Promise<string | null> =>
      (await fetch(`http://127.0.0.1:${exporter.port}/metrics`, { headers: { accept } })).headers.get(
        'content-type',
      );
    const text = 'text/plain; version=0.0.4; charset=utf-8';
    const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
    expect(await typeFor('*/*')).toBe(text);
    expect(await typeFor('text/html')).toBe(text);
    expect(await typeFor('application/openmetrics-text')).toBe(openMetrics);
    expect(
      await typeFor('application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'),
    ).toBe(openMetrics);
    expect(await typeFor('application/openmetrics-text;version=1.0.0;q=0.3,text/plain')).toBe(text);
    expect(await typeFor('application/openmetrics-text;version=0.0.1')).toBe(text);
    expect(await typeFor('application/openmetrics-text;q=0')).toBe(text);
    expect(await typeFor(';;;q=x,,application/openmetrics-text;q="')).toBe(text);
  });

  it('names metrics after the namespace and the subsystem', async () => {
    const exporter = prometheusExporter({ port: 0, namespace: 'myapp', subsystem: 'mail' });
    await using host = await exported(exporter);
    await host.manager.execute('auth', 'hello');
    const scraped = await scrape(exporter);
    expect(sumOf(scraped, 'myapp_mail_plugin_requests_total')).toBe(1);
    expect([...scraped.keys()].filter((series) => !series.startsWith('myapp_mail_plugin_'))).toEqual([]);
  });

  it('says the same in both forms', async () => {
    const exporter = prometheusExporter({ port: 0 });
    await using host = await exported(exporter);
    await host.manager.execute('auth', 'hello');
    const plain = (text: string): unknown =>
      Object.fromEntries(samplesOf(text.replaceAll(/le="(\d+)\.0"/g, 'le="$1"')));
    expect(plain(await scrapeText(exporter, 'openmetrics'))).toEqual(plain(await scrapeText(exporter)));
  });

  it('is OpenMetrics to the letter: units, counters without their suffix, an end', async () => {
    const exporter = prometheusExporter({ port: 0 });
    await using _ = await exported(exporter);
    const lines = (await scrapeText(exporter, 'openmetrics')).split('\n');
    expect(lines).toContain('# TYPE plugin_requests counter');
    expect(lines).toContain('# TYPE plugin info');
    expect(lines).toContain('# UNIT plugin_request_duration_seconds seconds');
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
  });

  it('has an exemplar for each bucket that a sampled trace fell in', async () => {
    const clock = new ManualClock();
    const slow = answering<number, number>((ms) => {
      clock.advance(ms);
      return ms;
    });
    const exporter = prometheusExporter({ port: 0 });
    await using host = await managed(
      Simple<number, number>()
        .withClock(clock)
        .withMetricsExporter(exporter)
        .withPlugin('auth', inProcess(slow))
        .build(),
    );
    const ask = async (ms: number, traceparent: string): Promise<unknown> =>
      host.manager.execute('auth', ms, { traceparent });
    await ask(30, sampled);
    await ask(20_000, sampled.replace('0af7', '0bf7'));
    await ask(300, sampled.replace(/01$/, '00'));
    await ask(300, sampled.replace(/01$/, '02')); // another flag, but not that of a sampled trace
    await ask(700, sampled.replace(/01$/, '03'));
    for (const broken of ['', 'x', sampled.slice(1), `${sampled}"}\n1`, sampled.replaceAll(/[a-f\d]/g, '0')])
      await ask(300, broken);
    const exemplars = (await scrapeText(exporter, 'openmetrics'))
      .split('\n')
      .filter((line) => line.includes(' # {'));
    expect(exemplars.map((line) => line.replace(/^.*le=/, ''))).toEqual([
      '"0.05"} 1 # {trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"} 0.03 1893456000.03',
      '"1.0"} 9 # {trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"} 0.7 1893456021.33',
      '"+Inf"} 10 # {trace_id="0bf7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"} 20 1893456020.03',
    ]);
    expect(await scrapeText(exporter)).not.toContain(' # {');
  });

  it('holds what hostile names say within their quotes', async () => {
    const hostile = 'a"b\\c\nplugin_requests_total{x="\r\u0000\u2028é😀\ud800';
    const metrics = metricsRegistry();
    const plugin = metrics.recorderFor(hostile, [hostile]);
    plugin.instance(0).calls.ended(hostile, 0, 1, hostile, `${sampled}\n${hostile}`);
    const exporter = prometheusExporter({ port: 0 });
    await exporter.start({ collect: () => metrics.collect(), clock: systemClock, logger: silentLogger });
    const escaped = 'a\\"b\\\\c\\nplugin_requests_total{x=\\"\r\u0000\u2028é😀\ufffd';
    const shape = /^(#.*|\w+(\{(\w+="([^"\\\n]|\\["\\n])*",?)*\})? [-+.\deInf]+)$/;
    for (const format of ['text', 'openmetrics'] as const) {
      const lines = (await scrapeText(exporter, format)).trimEnd().split('\n');
      expect(lines.filter((line) => !shape.test(line))).toEqual([]);
      expect(lines).toContain(`plugin_request_errors_total{plugin_name="${escaped}",code="${escaped}"} 1`);
      expect(lines.filter((line) => line.startsWith('plugin_requests_total{'))).toEqual([
        `plugin_requests_total{plugin_name="${escaped}",plugin_instance="0",hook="${escaped}"} 1`,
      ]);
    }
    await exporter.stop(0);
  });

  it('has a table whose names follow the conventions', () => {
    expect(new Set(descriptors.map(({ name }) => name)).size).toBe(descriptors.length);
    for (const { name, type, unit } of descriptors) {
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(name.endsWith('_info')).toBe(type === 'info');
      expect(name.replace(/_total$/, '').endsWith(`_${unit}`)).toBe(unit !== undefined);
    }
  });
});

describe('the server of the exporter', () => {
  it('listens on this machine only, and says on which port', async () => {
    const exporter = prometheusExporter({ port: 0 });
    expect(exporter.port).toBeUndefined();
    await using _ = await exported(exporter);
    expect(exporter.port).toBeGreaterThan(0);
    const probe = connect(exporter.port ?? 0, '127.0.0.2');
    const [error] = (await once(probe, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it.each([
    ['POST', '/metrics', 405],
    ['DELETE', '/metrics', 405],
    ['GET', '/', 404],
    ['GET', '/metrics/..', 404],
    ['GET', '/metrics?name=x', 200],
    ['HEAD', '/metrics', 200],
  ])('answers %s %s with %i', async (method, path, status) => {
    const exporter = prometheusExporter({ port: 0 });
    await using _ = await exported(exporter);
    const asked = request({ host: '127.0.0.1', port: exporter.port, method, path }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(status);
  });

  it('fails the build with the cure when its port is taken, and leaves nothing behind', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const building = Simple<string, string>()
      .withMetricsExporter(prometheusExporter({ port }))
      .withPlugin('auth', inProcess(loud))
      .build();
    await expect(building).rejects.toMatchObject({
      code: 'REGISTRY_1901',
      message: expect.stringMatching(
        new RegExp(
          `CONFIG_1703.*port ${port} on 127\\.0\\.0\\.1 is taken.*or 0 to let the system pick one\\.`,
          's',
        ),
      ) as string,
    });
    other.close();
  });

  it('may be tried again after its port was taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const exporter = prometheusExporter({ port: (other.address() as AddressInfo).port });
    await using host = await managed(
      Simple<string, string>().withMetrics().withPlugin('auth', inProcess(loud)).build(),
    );
    await expect(host.manager.registerMetricsExporter(exporter)).rejects.toMatchObject({
      code: 'CONFIG_1703',
    });
    other.close();
    await once(other, 'close');
    await host.manager.registerMetricsExporter(exporter);
    expect(sumOf(await scrape(exporter), 'plugin_info')).toBe(1);
  });

  it('frees its port at shutdown, however slowly somebody reads', async () => {
    const exporter = prometheusExporter({ port: 0 });
    const host = await exported(exporter);
    const { port = 0 } = exporter;
    const idle = connect(port, '127.0.0.1');
    await once(idle, 'connect');
    idle.write('GET /metrics HTTP/1.1\r\nhost: x\r\n'); // and never the rest
    await Promise.all([once(idle, 'close'), host.manager.shutdown({ timeoutMs: 100 })]);
    const again = createServer().listen(port, '127.0.0.1');
    await once(again, 'listening');
    expect(again.listening).toBe(true);
    again.close();
  });

  it('leaves a reader who stops in the middle of an answer when its time is over', async () => {
    const clock = new ManualClock();
    const metrics = metricsRegistry(clock);
    const hooks = Array.from({ length: 100 }, (_each, at) => `hook${at}`);
    for (let plugin = 0; plugin < 50; plugin++) metrics.recorderFor(`plugin${plugin}`, hooks).instance(0);
    const exporter = prometheusExporter({ port: 0 });
    await exporter.start({ collect: () => metrics.collect(), clock, logger: silentLogger });
    const reader = connect(exporter.port ?? 0, '127.0.0.1').on('error', () => {});
    reader.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(reader, 'data');
    reader.pause();
    const stopping = exporter.stop(5000);
    expect(clock.timersMs).toEqual([5000]);
    clock.advance(5000);
    await stopping;
    reader.destroy();
  }, 5000);

  it('answers 500 when the metrics cannot be read, says why in the log, and answers the next', async () => {
    const logger = new MemoryLogger();
    let broken = true;
    const collect = (): [] => {
      if (broken) throw new Error('no such thing');
      return [];
    };
    const exporter = prometheusExporter({ port: 0 });
    await exporter.start({ collect, clock: systemClock, logger });
    const url = `http://127.0.0.1:${exporter.port}/metrics`;
    expect((await fetch(url)).status).toBe(500);
    expect(logger.named('a scrape failed').map(({ fields }) => fields)).toEqual([{ error: 'no such thing' }]);
    broken = false;
    expect((await fetch(url)).status).toBe(200);
    await exporter.stop(0);
  });

  it('can be mounted in a server that is there already', async () => {
    const exporter = prometheusExporter();
    const app = createServer(exporter.handler).listen(0, '127.0.0.1');
    await once(app, 'listening');
    const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/status/metrics`;
    expect((await fetch(url)).status).toBe(503);
    await using _ = await exported(exporter);
    expect(exporter.port).toBeUndefined();
    expect(await (await fetch(url)).text()).toContain('plugin_info{plugin_name="auth"');
    app.close();
    app.closeAllConnections();
  });

  it.each([
    { namespace: 'my-app' },
    { subsystem: '1st' },
    { namespace: 'x"y' },
    { port: -1 },
    { port: 65_536 },
    { port: Number.NaN },
  ])('refuses %o', (options) => {
    expect(() => prometheusExporter(options)).toThrow(expect.objectContaining({ code: 'CONFIG_1703' }));
  });
});
