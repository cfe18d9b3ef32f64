import { Simple, type PluginManager, type PluginSource, type Single } from 'plugboard';
import { goPlugin, type GoPluginMethod } from 'plugboard/go-plugin';
import { prometheusExporter } from 'plugboard/observability';
import { beforeAll, describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { scrape, sumOf } from '../../observability/scrape.ts';
import { goBuildTimeoutMs } from '../../support/go-fixtures.ts';
import { managed } from '../../support/managed.ts';
import { otlpReceiver } from '../../support/otlp-receiver.ts';
import { pidOf } from '../../support/processes.ts';
import { buildGo, fixture, goProgram, handshake, hasGo, keep, services } from './go-plugins.ts';

beforeAll(() => buildGo('1.8.0'), goBuildTimeoutMs);

const soon = { restart: { initialDelayMs: 1 } } as const;

/** A plugin in Go of one method. */
function single<Req, Resp>(execute: GoPluginMethod<Req, Resp>): PluginSource<Single<Req, Resp>> {
  return goPlugin<Single<Req, Resp>>(goProgram('plugin'), { handshake, services: { execute } });
}

describe('a plugin in Go has what every plugin has:', () => {
  needsTool('go', hasGo);

  it('a circuit breaker', async () => {
    await using host = await keep(fixture(), { circuitBreaker: { failureThreshold: 3 } });
    const fail = () => host.ask('fail', 'no');
    for (let times = 0; times < 3; times++) await expect(fail()).rejects.toThrow('PLUGIN_1203');
    await expect(fail()).rejects.toThrow('CIRCUIT_1401');
  });

  it('limits of rate and concurrency', async () => {
    await using seldom = await keep(fixture(), { rateLimit: { requestsPerSecond: 0.001, burstSize: 1 } });
    await seldom.ask('get', 'pid');
    await expect(seldom.ask('get', 'pid')).rejects.toThrow('RATELIMIT_1501');
    await using narrow = await keep(fixture(), { concurrency: { maxConcurrent: 1, maxQueue: 0 } });
    const stop = new AbortController();
    const running = narrow.ask('sleep', 60_000, { signal: stop.signal });
    await expect(narrow.ask('get', 'pid')).rejects.toThrow('PLUGIN_1212');
    stop.abort();
    await expect(running).rejects.toThrow('PLUGIN_1206');
  });

  it('retries, which outlive the plugin', async () => {
    await using host = await keep(fixture(), { ...soon, retry: { initialDelayMs: 1 } });
    const running = host.ask('sleep', 500);
    const pid = pidOf(host.manager.getPlugin('kv'));
    await host.ask('get', 'pid');
    process.kill(pid, 'SIGKILL');
    await expect(running).resolves.toBeUndefined();
    expect(Number(await host.ask('get', 'pid'))).not.toBe(pid);
  });

  it('health checks, which end one that hangs', async () => {
    const healthCheck = { intervalMs: 100, timeoutMs: 100, failureLimit: 2 };
    await using host = await keep(fixture(), { ...soon, healthCheck });
    const running = host.ask('sleep', 60_000);
    const pid = pidOf(host.manager.getPlugin('kv'));
    const ready = host.next('kv', 'ready');
    process.kill(pid, 'SIGSTOP');
    await expect(running).rejects.toThrow('HEALTH_1601');
    await ready;
    expect(Number(await host.ask('get', 'pid'))).not.toBe(pid);
  });

  it('several instances', async () => {
    await using host = await keep(fixture(), { instances: 2 });
    const pids = new Set<unknown>();
    for (let calls = 0; calls < 4; calls++) pids.add(await host.ask('get', 'pid'));
    expect(pids.size).toBe(2);
  });

  it('metrics, its bytes among them', async () => {
    const exporter = prometheusExporter({ port: 0 });
    await using host = await managed<PluginManager<Uint8Array, Buffer>>(
      Simple<Uint8Array, Buffer>()
        .withMetricsExporter(exporter)
        .withPlugin('kv', single(services.echo))
        .build(),
    );
    await host.manager.execute('kv', new Uint8Array(100_000));
    const seen = await scrape(exporter);
    expect(sumOf(seen, 'plugin_requests_success_total', { plugin_name: 'kv' })).toBe(1);
    for (const name of ['plugin_sent_bytes_total', 'plugin_received_bytes_total']) {
      expect(sumOf(seen, name)).toBeGreaterThan(100_000);
      expect(sumOf(seen, name)).toBeLessThan(100_100);
    }
  });

  it('traces: it is told of the attempt that asks it', async () => {
    await using receiver = await otlpReceiver();
    await using host = await managed<PluginManager<string, string>>(
      Simple<string, string>()
        .withTracing({ serviceName: 'host', endpoint: receiver.endpoint })
        .withPlugin('kv', single(services.header))
        .build(),
    );
    const told = await host.manager.execute('kv', 'traceparent');
    await host.manager.shutdown();
    const attempt = receiver.spans.find(({ name }) => name === 'kv/execute attempt');
    expect(told).toBe(`00-${attempt?.traceId}-${attempt?.spanId}-01`);
    expect(attempt?.attributes).toMatchObject({
      'rpc.system.name': 'grpc',
      'plugboard.transport': 'go-plugin',
    });
  });
});
