import { definePlugin, PluginError, Simple, type PluginManager, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { countMade } from '../measure/made.ts';
import { race, type Contender, type Laps } from '../measure/race.ts';
import { atLeast, atMost, type FactRow, type Report } from '../report/report.ts';
import { fact, spread, timeRows, timesAsFast, timesAsLong } from '../report/rows.ts';
import { bottleneck, cockatiel, opossum, pQueue } from '../rivals/policies.ts';

interface Numbers {
  readonly n: number;
}

type Ask = (request: Numbers) => Promise<Numbers>;

const request: Numbers = { n: 21 };
const twice: Ask = async ({ n }) => ({ n: n * 2 });

/** Never used up, so that it is the policy that is measured and not a refusal. */
const rateLimit = { requestsPerSecond: 1_000_000_000, burstSize: 1_000_000_000 };

/** Each policy alone, and what stands together. */
const settings = {
  'no-policy': {},
  'rate-limit': { rateLimit },
  'concurrency-limit': { concurrency: {} },
  retry: { retry: {} },
  'bounded-attempts': { retry: { attemptTimeoutMs: 5000 } },
  'circuit-breaker': { circuitBreaker: {} },
  'circuit-breaker-by-rate': { circuitBreaker: { mode: 'rate' } },
  'all-but-the-breaker': { rateLimit, concurrency: {}, retry: {} },
  everything: { rateLimit, concurrency: {}, retry: {}, circuitBreaker: {} },
} as const satisfies Record<string, PluginSettings<never>>;

/** Each of these, whatever is counted beside it, is held to the same multiple of a bare await. */
const withoutBreaker = [
  'no-policy',
  'rate-limit',
  'concurrency-limit',
  'retry',
  'bounded-attempts',
  'all-but-the-breaker',
  'all-but-the-breaker, metrics',
] as const;

const measured = { metrics: ['all-but-the-breaker', 'everything'] } as const;

function contender(name: string, ask: Ask): Contender {
  return {
    name,
    run: async (calls) => {
      for (let call = 0; call < calls; call++) await ask(request);
    },
  };
}

/** A contender whose calls all fail. */
function refused(name: string, ask: () => Promise<unknown>): Contender {
  return {
    name,
    run: async (calls) => {
      for (let call = 0; call < calls; call++) await ask().catch(ignore);
    },
  };
}

const ignore = (): void => {};

const about = 'one after the other';
const bare = 'bare await';
const timed = 'bare await between two looks at the clock';

/** What it costs at least to know how long a call took. */
const timedTwice: Ask = async (asked) => {
  const startedAt = performance.now();
  const answer = await twice(asked);
  spentMs += performance.now() - startedAt;
  return answer;
};
let spentMs = 0;

/** Policies around a call inside the process, against the bare function and the libraries one would take instead. */
export async function run(): Promise<Report> {
  await using plain = await manager(false, Object.keys(settings));
  await using counted = await manager(true, measured.metrics);
  const breaker = opossum(twice, false);
  const laps = await race(
    [
      contender(bare, twice),
      contender(timed, timedTwice),
      ...Object.keys(settings).map((name) => contender(name, (asked) => plain.execute(name, asked))),
      ...measured.metrics.map((name) =>
        contender(`${name}, metrics`, (asked) => counted.execute(name, asked)),
      ),
      contender('cockatiel', cockatiel(twice)),
      contender('opossum', breaker),
      contender('p-queue', pQueue(twice)),
    ],
    { rounds: 15, calls: 10_000, warmups: 5 },
  );
  breaker.close();
  const slow = await race(
    [
      contender('everything', (asked) => plain.execute('everything', asked)),
      contender('bottleneck', bottleneck(twice)),
    ],
    { rounds: 3, calls: 300, warmups: 1 },
  );
  const { laps: refusals, facts } = await refusedCalls();
  return {
    group: 'resilience',
    about:
      'policies around a call in the process: each alone, and together; what stands beside them is set alike',
    times: [
      ...timeRows(laps, about),
      ...timeRows(slow, 'one after the other, few'),
      ...timeRows(refusals, 'refused'),
    ],
    ratios: [
      ...withoutBreaker.map((name) => timesAsLong(laps, about, [name, bare], atMost(5))),
      timesAsLong(laps, about, ['everything', bare]),
      timesAsLong(laps, about, ['bounded-attempts', 'retry']),
      timesAsLong(laps, about, ['all-but-the-breaker, metrics', timed]),
      timesAsFast(laps, about, ['everything, metrics', 'cockatiel'], atLeast(10)),
      timesAsFast(laps, about, ['circuit-breaker', 'opossum']),
      timesAsFast(laps, about, ['concurrency-limit', 'p-queue']),
      timesAsLong(laps, about, ['circuit-breaker-by-rate', 'opossum']),
      timesAsFast(slow, 'few', ['everything', 'bottleneck']),
    ],
    facts: [...facts, ...(await timersOfWaiting())],
  };
}

/** A manager of one plugin for each of some settings. */
async function manager(
  withMetrics: boolean,
  names: readonly string[],
): Promise<PluginManager<Numbers, Numbers>> {
  const builder = Simple<Numbers, Numbers>().withTimeout(10_000);
  const built: PluginManager<Numbers, Numbers> = await (
    withMetrics ? builder.withMetrics() : builder
  ).build();
  const known: Readonly<Record<string, PluginSettings<never>>> = settings;
  for (const name of names) {
    await built.register(
      name,
      inProcess(definePlugin({ name: 'twice', version: '1.0.0', execute: twice })),
      known[name],
    );
  }
  return built;
}

/** Calls that an open breaker or an empty bucket refuses, and the least that a refusal can cost. */
async function refusedCalls(): Promise<{ readonly laps: Laps; readonly facts: readonly FactRow[] }> {
  const broken = definePlugin({
    name: 'broken',
    version: '1.0.0',
    execute: (): Numbers => {
      throw new Error('broken');
    },
  });
  const tripped = { failureThreshold: 1, minRequestThreshold: 0, recoveryTimeoutMs: 3_600_000 };
  await using built = await Simple<Numbers, Numbers>()
    .withPlugin('open-breaker', inProcess(broken), { circuitBreaker: tripped })
    .withPlugin('empty-bucket', inProcess(broken), {
      rateLimit: { requestsPerSecond: 0.000_001, burstSize: 1 },
    })
    .withPlugin(
      'full-line',
      inProcess(
        definePlugin({ name: 'held', version: '1.0.0', execute: () => new Promise<Numbers>(ignore) }),
      ),
      {
        concurrency: { maxConcurrent: 1, maxQueue: 0 },
      },
    )
    .build();
  const names = ['open-breaker', 'empty-bucket', 'full-line'] as const;
  for (const name of names) void built.execute(name, request).catch(ignore);
  await built.execute('open-breaker', request).catch(ignore);
  const error = (): PluginError =>
    PluginError.withoutStack('CIRCUIT_1401', { plugin: 'some', message: 'its circuit is open' });
  const laps = await race(
    [
      ...names.map((name) => refused(name, () => built.execute(name, request))),
      refused('the error alone', () => Promise.reject(error())),
    ],
    { rounds: 15, calls: 10_000, warmups: 5 },
  );
  await built.shutdown({ timeoutMs: 0 });
  const facts = [...laps].map(([name, ns]) =>
    fact(
      `a refused call in its best round: ${name}`,
      spread(ns).min / 1000,
      'µs',
      name === 'the error alone' ? undefined : atMost(2),
    ),
  );
  return { laps, facts };
}

/** How long calls and an open breaker are waited for while the timers of that are counted, in milliseconds. */
const waitedMs = 300;

/** What polls makes more timers the longer it waits. */
async function timersOfWaiting(): Promise<FactRow[]> {
  const drained = await timersOfDrain(waitedMs);
  const soon = await timersOfDrain(1);
  const opened = await timersOfOpening();
  return [
    fact(
      `timers of a drain that waits ${waitedMs} ms for its calls, beyond those of one that waits 1 ms`,
      drained - soon,
      '',
      atMost(0),
    ),
    fact(`timers of a breaker that opens, and is half-open ${waitedMs} ms later`, opened, '', atMost(1)),
  ];
}

async function timersOfDrain(ms: number): Promise<number> {
  let end = ignore;
  const held = definePlugin({
    name: 'held',
    version: '1.0.0',
    execute: (asked: Numbers) => new Promise<Numbers>((resolve) => (end = () => resolve(asked))),
  });
  await using built = await Simple<Numbers, Numbers>().withPlugin('held', inProcess(held)).build();
  const running = built.execute('held', request);
  setTimeout(() => end(), ms);
  const { timers } = await countMade(async () => {
    await Promise.all([running, built.drain('held')]);
  });
  return timers;
}

async function timersOfOpening(): Promise<number> {
  const broken = definePlugin({
    name: 'broken',
    version: '1.0.0',
    execute: (): Promise<Numbers> => Promise.reject(new Error('broken')),
  });
  const circuitBreaker = { failureThreshold: 1, minRequestThreshold: 0, recoveryTimeoutMs: waitedMs };
  await using built = await Simple<Numbers, Numbers>()
    .withPlugin('broken', inProcess(broken), { circuitBreaker })
    .build();
  await built.execute('broken', request, { maxRetries: 0 }).catch(ignore);
  await built.replace('broken', inProcess(broken)); // closed again, and the one timer of all deadlines is there
  const halfOpen = new Promise<void>(
    (resolve) => void built.on('breaker', ({ to }) => to === 'half-open' && resolve()),
  );
  const awake = setInterval(ignore, waitedMs); // an open breaker alone does not keep a process alive
  const { timers } = await countMade(async () => {
    await built.execute('broken', request).catch(ignore);
    await halfOpen;
  });
  clearInterval(awake);
  return timers;
}
