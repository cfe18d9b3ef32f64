import { expect, it } from 'vitest';
import {
  defineHooks,
  hook,
  isPluginError,
  PluginError,
  Simple,
  type Channel,
  type ChannelCall,
  type PluginManager,
  type PluginSource,
} from 'plugboard';
import { prometheusExporter } from 'plugboard/observability';
import * as z from 'zod';
import { managed } from '../support/managed.ts';
import { samplesOf, scrape, sumOf, type Scrape } from './scrape.ts';

const calls = 1_000_000;
const lanes = 400;

const anything = { request: z.number(), response: z.unknown() };
const hooks = defineHooks({
  'mail.from': hook(anything),
  'mail.to': hook(anything),
  'mail.data': hook(anything),
});
type Hooks = typeof hooks;
type HookName = keyof Hooks;
const hookNames = Object.keys(hooks) as HookName[];

/** Fails now and then, in ways that may pass and in others, and falls over after every so many calls. */
class Moody implements PluginSource {
  readonly kind = 'moody';
  readonly target = 'nowhere';
  starts = 0;
  readonly #callsOfALife: number;

  constructor(callsOfALife: number) {
    this.#callsOfALife = callsOfALife;
  }

  async open(): Promise<Channel> {
    this.starts++;
    let left = this.#callsOfALife;
    let end: (error: PluginError | undefined) => void = () => {};
    const ended = new Promise<PluginError | undefined>((resolve) => (end = resolve));
    return {
      info: { name: 'moody', version: '1.0.0' },
      hooks: hookNames,
      ended,
      call(call) {
        if (--left === 0) end(new PluginError('PLUGIN_1205', { message: 'it fell over.' }));
        return answer(call);
      },
      health: async () => ({ status: 'healthy' }),
      configure: async () => false,
      kill: (reason) => end(reason),
      close: async () => end(undefined),
    };
  }
}

/** Which attempt it was, so that the caller can count them. */
function answer({ request, attempt }: ChannelCall): number {
  const n = request as number;
  if (n % 50 === 1) throw new PluginError('USER_LOCKED', { message: 'no', context: { attempts: attempt } });
  if (n % 20 === 3 && attempt < 1 + (n % 7)) {
    throw new PluginError('BUSY', { message: 'later', retryable: true });
  }
  return attempt;
}

/** What callers saw, plugin by plugin. */
class Ledger {
  readonly byHook = new Map<string, number>();
  readonly codes = new Map<string, number>();
  total = 0;
  succeeded = 0;
  retries = 0;

  note(name: string, error: unknown, attempts: number): void {
    this.total++;
    this.byHook.set(name, (this.byHook.get(name) ?? 0) + 1);
    this.retries += attempts - 1;
    if (error === undefined) this.succeeded++;
    else {
      const code = isPluginError(error) ? error.code : 'none';
      this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    }
  }
}

async function ask(manager: PluginManager<Hooks>, plugin: string, n: number, ledger: Ledger): Promise<void> {
  const name = hookNames[n % 3] ?? 'mail.from';
  try {
    ledger.note(name, undefined, (await manager.call(plugin, name, n)) as number);
  } catch (error) {
    const attempts = isPluginError(error) ? error.context['attempts'] : undefined;
    ledger.note(name, error, typeof attempts === 'number' ? attempts : 1);
  }
}

it(`after ${calls.toLocaleString('en')} calls with failures, retries and restarts every figure is the truth`, async () => {
  const sources = { twins: new Moody(20_000), limited: new Moody(30_000), tripping: new Moody(200) };
  const names = Object.keys(sources) as (keyof typeof sources)[];
  const exporter = prometheusExporter({ port: 0 });
  const retry = { maxRetries: 2, initialDelayMs: 1, budgetRatio: 10 };
  const restart = { initialDelayMs: 1, maxDelayMs: 1, maxRestarts: 1000 };
  await using host = await managed<PluginManager<Hooks>>(
    Simple(hooks)
      .withMetricsExporter(exporter)
      .withPlugin('twins', sources.twins, { instances: 2, retry, restart })
      .withPlugin('limited', sources.limited, {
        retry,
        restart,
        rateLimit: { requestsPerSecond: 100_000, burstSize: 1000 },
        concurrency: { maxConcurrent: 100, maxQueue: 10 },
      })
      .withPlugin('tripping', sources.tripping, {
        restart,
        circuitBreaker: {
          failureThreshold: 1,
          successThreshold: 1,
          minRequestThreshold: 0,
          recoveryTimeoutMs: 5,
        },
      })
      .build(),
  );
  const { manager } = host;
  let trips = 0;
  manager.on('breaker', ({ to }) => void (trips += to === 'open' ? 1 : 0));
  const ledgers = new Map(names.map((name) => [name, new Ledger()]));
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let n = next++; n < calls; n = next++) {
      const name = names[n % names.length] ?? 'twins';
      await ask(manager, name, Math.floor(n / names.length), ledgers.get(name) ?? new Ledger());
      if (n % 100 === 0) await new Promise((resolve) => void setImmediate(resolve)); // lets timers run
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));

  const scraped = await scrape(exporter);
  for (const [plugin, ledger] of ledgers) compare(scraped, plugin, ledger);
  const restarts = (plugin: keyof typeof sources): number =>
    sources[plugin].starts - (plugin === 'twins' ? 2 : 1);
  for (const plugin of names) {
    expect(sumOf(scraped, 'plugin_restarts_total', { plugin_name: plugin })).toBe(restarts(plugin));
    expect(restarts(plugin)).toBeGreaterThan(0);
  }
  expect(sumOf(scraped, 'plugin_circuit_breaker_trips_total')).toBe(trips);
  expect(trips).toBeGreaterThan(10);
  expect([...ledgers.values()].reduce((sum, { total }) => sum + total, 0)).toBe(calls);
  const { totals } = manager.metrics() ?? {};
  expect(totals?.requestsTotal).toBe(calls);
}, 60_000);

function compare(scraped: Scrape, plugin: string, ledger: Ledger): void {
  const value = (name: string, more: Record<string, string> = {}): number =>
    sumOf(scraped, name, { plugin_name: plugin, ...more });
  expect(value('plugin_requests_total')).toBe(ledger.total);
  expect(value('plugin_requests_success_total')).toBe(ledger.succeeded);
  expect(value('plugin_requests_failure_total')).toBe(ledger.total - ledger.succeeded);
  expect(value('plugin_request_duration_seconds_count')).toBe(ledger.total);
  expect(value('plugin_request_duration_seconds_bucket', { le: '+Inf' })).toBe(ledger.total);
  expect(value('plugin_retries_total')).toBe(ledger.retries);
  expect(value('plugin_rate_limited_total')).toBe(ledger.codes.get('RATELIMIT_1501') ?? 0);
  for (const [name, count] of ledger.byHook)
    expect(value('plugin_requests_total', { hook: name })).toBe(count);
  for (const [code, count] of ledger.codes)
    expect(value('plugin_request_errors_total', { code })).toBe(count);
  expect(value('plugin_request_errors_total')).toBe(ledger.total - ledger.succeeded);
  for (const gauge of ['plugin_active_requests', 'plugin_queue_depth']) expect(value(gauge)).toBe(0);
}

it('the reader of scrapes reads them', () => {
  const page = '# HELP a b\na{b="c"} 1 # {trace_id="e"} 2 3\na{b="d"} +Inf\n';
  expect([...samplesOf(page)]).toEqual([
    ['a{b="c"}', 1],
    ['a{b="d"}', Infinity],
  ]);
});
