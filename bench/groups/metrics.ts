import { definePlugin, Simple, silentLogger, systemClock } from 'plugboard';
import { metricsRegistry, prometheusExporter } from 'plugboard/observability';
import { inProcess } from 'plugboard/transports';
import { race, type Contender } from '../measure/race.ts';
import { atLeast, type FactRow, type Report } from '../report/report.ts';
import { fact, timeRows, timesAsFast, timesAsLong } from '../report/rows.ts';
import { openTelemetry, promClient, promClientBound, type Record } from '../rivals/metrics.ts';

/** Durations as they come: most short, a few long, so that every bucket has its turn. */
const durationsMs = Array.from({ length: 256 }, (_each, at) => (at % 16 === 0 ? at : 0.02 + (at % 7) / 10));

const about = 'recording a call';
const ours = 'plugboard';

function recording(name: string, record: Record): Contender {
  return {
    name,
    run: async (calls) => {
      for (let call = 0; call < calls; call++) record((durationsMs[call & 255] ?? 0) / 1000);
    },
  };
}

function plugboard(traceparent?: string): Record {
  const { calls } = metricsRegistry().recorderFor('auth', ['execute']).instance(0);
  let nowMs = 0;
  return (seconds) => {
    nowMs += 0.01;
    calls.ended('execute', nowMs - seconds * 1000, nowMs, undefined, traceparent);
  };
}

/** What it costs to count a call, against the libraries one would count it with, and what a large scrape costs. */
export async function run(): Promise<Report> {
  const otel = openTelemetry();
  const prom = promClient();
  const laps = await race(
    [
      recording(ours, plugboard()),
      recording(
        'plugboard, each call in a sampled trace',
        plugboard(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`),
      ),
      recording('prom-client', prom),
      recording('prom-client, labels bound', promClientBound()),
      recording('OpenTelemetry', otel),
      recording('prom-client and OpenTelemetry', (seconds) => {
        prom(seconds);
        otel(seconds);
      }),
    ],
    // Short laps: on a busy machine a long one is interrupted more often, which would flatter whoever is fast.
    { rounds: 301, calls: 1000, warmups: 200 },
  );
  await otel.close();
  const inCalls = await callsWithAndWithout();
  return {
    group: 'metrics',
    about: 'two counters and a histogram for each call, by plugin, instance and hook',
    times: [...timeRows(laps, about), ...timeRows(inCalls, 'a call in the process')],
    ratios: [
      timesAsFast(laps, about, [ours, 'prom-client'], atLeast(20)),
      timesAsFast(laps, about, [ours, 'prom-client, labels bound']),
      timesAsFast(laps, about, [ours, 'OpenTelemetry']),
      timesAsFast(laps, about, [ours, 'prom-client and OpenTelemetry']),
      timesAsLong(inCalls, 'a call in the process', ['execute, counted', 'execute']),
    ],
    facts: await largeScrape(1000, 10),
  };
}

async function callsWithAndWithout(): Promise<Awaited<ReturnType<typeof race>>> {
  const twice = definePlugin({ name: 'twice', version: '1.0.0', execute: async (n: number) => n * 2 });
  await using plain = await Simple<number, number>().withPlugin('twice', inProcess(twice)).build();
  await using counted = await Simple<number, number>()
    .withMetrics()
    .withPlugin('twice', inProcess(twice))
    .build();
  const calling = (
    name: string,
    manager: { execute(plugin: 'twice', n: number): Promise<number> },
  ): Contender => ({
    name,
    run: async (calls) => {
      for (let call = 0; call < calls; call++) await manager.execute('twice', call);
    },
  });
  return await race([calling('execute', plain), calling('execute, counted', counted)], {
    rounds: 25,
    calls: 10_000,
    warmups: 10,
  });
}

/** A scrape of many plugins with many hooks, each with calls. */
async function largeScrape(plugins: number, hooks: number): Promise<FactRow[]> {
  const names = Array.from({ length: hooks }, (_each, at) => `mail.hook${at}`);
  const metrics = metricsRegistry();
  for (let plugin = 0; plugin < plugins; plugin++) {
    const { calls } = metrics.recorderFor(`plugin-${plugin}`, names).instance(0);
    for (const hook of names) calls.ended(hook, 0, plugin, undefined, undefined);
  }
  const exporter = prometheusExporter({ port: 0 });
  const collecting: number[] = [];
  const collect = (): ReturnType<typeof metrics.collect> => {
    const before = process.cpuUsage();
    const families = metrics.collect();
    const { user, system } = process.cpuUsage(before);
    collecting.push((user + system) / 1000);
    return families;
  };
  await exporter.start({ collect, clock: systemClock, logger: silentLogger });
  const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${exporter.port}/metrics`)).text();
  for (let round = 0; round < 3; round++) await page();
  let longestTurnMs = 0;
  let turnAt = performance.now();
  let watching = true;
  const watch = (): void => {
    longestTurnMs = Math.max(longestTurnMs, performance.now() - turnAt);
    turnAt = performance.now();
    if (watching) setImmediate(watch);
  };
  setImmediate(watch);
  const startedAt = performance.now();
  const text = await page();
  const tookMs = performance.now() - startedAt;
  watching = false;
  await exporter.stop(0);
  const what = `a scrape of ${plugins} plugins with ${hooks} hooks`;
  return [
    fact(`${what}: all of it`, Math.round(tookMs), 'ms'),
    fact(`${what}: its picture of one moment`, Math.round(collecting.at(-1) ?? 0), 'ms of a processor'),
    fact(`${what}: the longest turn of the event loop`, Math.round(longestTurnMs), 'ms'),
    fact(`${what}: its page`, Math.round(text.length / 1024), 'KiB'),
  ];
}
