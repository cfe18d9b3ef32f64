import { expect, it } from 'vitest';
import {
  definePlugin,
  PluginError,
  Simple,
  type PluginManager,
  type PluginSettings,
  type PluginSource,
} from 'plugboard';
import { inProcess, subprocess } from 'plugboard/transports';
import { prometheusExporter } from 'plugboard/observability';
import { answering, loud, waiting } from '../manager/plugins.ts';
import { Puppet } from '../manager/puppet.ts';
import { managed, type Managed } from '../support/managed.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { scrape, sumOf } from './scrape.ts';

/** A plugin on a clock that the test moves, counted. */
async function counted(
  source: object,
  settings: PluginSettings<never> = {},
): Promise<{
  clock: ManualClock;
  host: Managed<PluginManager<unknown, unknown>>;
  value: (name: string, labels?: Record<string, string>) => Promise<number>;
}> {
  const clock = new ManualClock();
  const exporter = prometheusExporter({ port: 0 });
  const host = await managed<PluginManager<unknown, unknown>>(
    Simple<unknown, unknown>()
      .withClock(clock)
      .withMetricsExporter(exporter)
      .withPlugin('auth', source as PluginSource, settings)
      .build(),
  );
  return { clock, host, value: async (name, labels) => sumOf(await scrape(exporter), name, labels) };
}

const plain = answering<unknown, unknown>((request) => request);

const aTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('a plugin that ends and starts again is counted, and seen in each of its states', async () => {
  const puppet = new Puppet();
  const { clock, host, value } = await counted(puppet);
  await using _ = host;
  await puppet.last.crash();
  expect(await value('plugin_instances', { state: 'restarting' })).toBe(1);
  expect(await value('plugin_status', { status: 'offline' })).toBe(1);
  puppet.failToStart();
  clock.advance(1000);
  await aTurn();
  puppet.onStart = async () => {
    await Promise.resolve(); // the start has begun
    clock.advance(300);
  };
  clock.advance(2000);
  await aTurn();
  expect(await value('plugin_restarts_total')).toBe(2);
  expect(await value('plugin_start_failures_total')).toBe(1);
  expect(await value('plugin_start_duration_seconds_count')).toBe(2);
  expect(await value('plugin_start_duration_seconds_bucket', { le: '0.25' })).toBe(1);
  expect(await value('plugin_start_duration_seconds_sum')).toBeCloseTo(0.3, 9);
  expect(await value('plugin_instances', { state: 'ready' })).toBe(1);
  expect(await value('plugin_status', { status: 'healthy' })).toBe(1);
});

/** A plugin whose calls all fail, behind a breaker. */
function tripping(recoveryTimeoutMs: number): ReturnType<typeof counted> {
  const broken = answering<unknown, unknown>(() => {
    throw new Error('broken');
  });
  const circuitBreaker = { failureThreshold: 2, minRequestThreshold: 0, recoveryTimeoutMs };
  return counted(inProcess(broken), { circuitBreaker });
}

it('an open circuit breaker is seen, and what it refuses is counted', async () => {
  const { host, value } = await tripping(3_600_000);
  await using _ = host;
  expect(await value('plugin_circuit_breaker_state')).toBe(0);
  for (let call = 0; call < 3; call++) await host.manager.execute('auth', 1).catch(() => {});
  expect(await value('plugin_circuit_breaker_state')).toBe(1);
  expect(await value('plugin_circuit_breaker_trips_total')).toBe(1);
  expect(await value('plugin_request_errors_total', { code: 'CIRCUIT_1401' })).toBe(1);
});

it('a circuit breaker that opens again while it probes is counted again', async () => {
  const { host, value } = await tripping(1);
  await using _ = host;
  const probes = new Promise<void>((resolve) => {
    host.manager.on('breaker', ({ to }) => void (to === 'half-open' && resolve()));
  });
  for (let call = 0; call < 2; call++) await host.manager.execute('auth', 1).catch(() => {});
  await probes;
  expect(await value('plugin_circuit_breaker_state')).toBe(2);
  await host.manager.execute('auth', 1).catch(() => {});
  expect(await value('plugin_circuit_breaker_trips_total')).toBe(2);
});

it('a call that reached no instance has no plugin_instance', async () => {
  const { host } = await counted(inProcess(loud), {
    rateLimit: { requestsPerSecond: 0.001, burstSize: 2 },
  });
  await using _ = host;
  const exporter = prometheusExporter({ port: 0 });
  await host.manager.registerMetricsExporter(exporter);
  for (let call = 0; call < 5; call++) await host.manager.execute('auth', 'hello').catch(() => {});
  const scraped = await scrape(exporter);
  expect(scraped.get('plugin_requests_total{plugin_name="auth",plugin_instance="0",hook="execute"}')).toBe(2);
  expect(scraped.get('plugin_requests_total{plugin_name="auth",hook="execute"}')).toBe(3);
  expect(sumOf(scraped, 'plugin_rate_limited_total')).toBe(3);
});

it('retries are counted when they are made, not when they are planned', async () => {
  let asked = 0;
  const flaky = new Puppet();
  flaky.answer = () => {
    asked++;
    throw new PluginError('BUSY', { message: 'later', retryable: true });
  };
  const { clock, host, value } = await counted(flaky, {
    retry: { maxRetries: 2, initialDelayMs: 10, jitter: 0, budgetRatio: 10 },
  });
  await using _ = host;
  const call = host.manager.execute('auth', 1).catch(() => {});
  clock.advance(10);
  clock.advance(20);
  await call;
  const controller = new AbortController();
  const givenUp = host.manager.execute('auth', 1, { signal: controller.signal }).catch(() => {});
  controller.abort();
  await givenUp;
  expect(asked).toBe(4);
  expect(await value('plugin_retries_total')).toBe(2);
});

it('calls under way and in line are seen while they are, and not after', async () => {
  const { plugin, letGo } = waiting();
  const { host, value } = await counted(inProcess(plugin), { concurrency: { maxConcurrent: 2 } });
  await using _ = host;
  const calls = Array.from({ length: 5 }, () => host.manager.execute('auth', 'hello'));
  expect(await value('plugin_active_requests')).toBe(5);
  expect(await value('plugin_queue_depth')).toBe(3);
  const unheld = setInterval(letGo, 1);
  await Promise.all(calls);
  clearInterval(unheld);
  expect(await value('plugin_active_requests')).toBe(0);
  expect(await value('plugin_queue_depth')).toBe(0);
});

it('a health check that goes badly is counted, whoever asked', async () => {
  const sick = definePlugin<unknown, unknown>({
    name: 'sick',
    version: '1.0.0',
    execute: (request) => request,
    health: () => 'unhealthy',
  });
  const { clock, host, value } = await counted(inProcess(sick), {
    healthCheck: { intervalMs: 1000, failureLimit: 5 },
  });
  await using _ = host;
  clock.advance(1000);
  await aTurn();
  await host.manager.health();
  expect(await value('plugin_health_check_failures_total', { plugin_instance: '0' })).toBe(2);
  expect(await value('plugin_status', { status: 'unhealthy' })).toBe(1);
});

it('drains are counted with what they cancelled, and a replacement goes on counting', async () => {
  const { clock, host, value } = await counted(inProcess(waiting().plugin), { drainTimeoutMs: 5000 });
  await using _ = host;
  const lost = host.manager.execute('auth', 'hello').catch(() => {});
  const replaced = host.manager.replace('auth', inProcess(plain));
  while (!clock.timersMs.includes(5000)) await aTurn();
  clock.advance(5000);
  await Promise.all([replaced, lost]);
  await host.manager.execute('auth', 'hello');
  expect(await value('plugin_drains_total')).toBe(1);
  expect(await value('plugin_drain_cancelled_requests_total')).toBe(1);
  expect(await value('plugin_requests_total', { plugin_instance: '0' })).toBe(2);
  await host.manager.drain('auth');
  expect(await value('plugin_drains_total')).toBe(2);
});

it('a plugin that is unregistered takes all its series with it', async () => {
  const exporter = prometheusExporter({ port: 0 });
  await using host = await managed<PluginManager<string, string>>(
    Simple<string, string>()
      .withMetricsExporter(exporter)
      .withPlugin('stays', inProcess(loud))
      .withPlugin('goes', inProcess(loud))
      .build(),
  );
  await host.manager.execute('goes', 'hello');
  await host.manager.unregister('goes');
  const series = [...(await scrape(exporter)).keys()];
  expect(series.filter((one) => one.includes('"goes"'))).toEqual([]);
  expect(series.filter((one) => one.includes('"stays"'))).not.toEqual([]);
});

it.each([
  ['frames', 'echo.mjs', 'plugboard'],
  ['lines', 'lines.mjs', 'go-plugins'],
] as const)('the bytes of a wire of %s are counted both ways', async (_what, file, protocol) => {
  const exporter = prometheusExporter({ port: 0 });
  const program = subprocess(process.execPath, { args: [`test/manager/programs/${file}`], protocol });
  await using host = await managed<PluginManager<string, string>>(
    Simple<string, string>().withMetricsExporter(exporter).withPlugin('echo', program).build(),
  );
  const before = await scrape(exporter);
  await host.manager.execute('echo', 'x'.repeat(100_000));
  const after = await scrape(exporter);
  for (const name of ['plugin_sent_bytes_total', 'plugin_received_bytes_total']) {
    const bytes = sumOf(after, name) - sumOf(before, name);
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(101_000);
  }
  expect(host.manager.metrics()?.plugins['echo']?.sentBytes).toBe(sumOf(after, 'plugin_sent_bytes_total'));
});
