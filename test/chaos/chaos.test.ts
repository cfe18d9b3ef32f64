import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Simple, type PluginSettings, type PluginSource } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { expectNoChildren } from '../support/processes.ts';
import { Ledger } from './ledger.ts';
import { Mischief } from './mischief.ts';
import { Random } from './random.ts';
import { holdings } from './residue.ts';

/** All of them where the checks of a change run; a tenth at the desk. */
const calls = Number(
  process.env['PLUGBOARD_CHAOS_CALLS'] ?? (process.env['CI'] === undefined ? 20_000 : 200_000),
);
const seed = Number(process.env['PLUGBOARD_CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const callers = 64;
/** One deed of mischief for so many calls. */
const callsPerDeed = Math.max(250, calls / 200);

/** What a call may leave behind for good, in bytes: nothing, as the least object is larger. */
const leftPerCall = 8;
/** What compiled code and caches may still take after the first calls, in bytes. */
const settlingBytes = 5_000_000;

type Deed = 'answer' | 'answerLater' | 'sayNo' | 'sayLater' | 'beSlow' | 'exit';

interface Ask {
  readonly id: number;
  readonly do: Deed;
}

interface Answer {
  readonly id: number;
  readonly name: string;
}

const program = fileURLToPath(new URL('programs/bee.mjs', import.meta.url));
const bee = (name: string): PluginSource =>
  subprocess(process.execPath, { args: [program, name], killTimeoutMs: 100 });

const common: PluginSettings<never> = {
  instances: 2,
  timeoutMs: 1000,
  drainTimeoutMs: 500,
  healthCheck: { intervalMs: 200, timeoutMs: 200, failureLimit: 2 },
  restart: { initialDelayMs: 10, maxDelayMs: 50, maxRestarts: 1_000_000 },
};

/** Three plugins of two children each: one bare, one with retries, one with every policy there is. */
const manager = () =>
  Simple<Ask, Answer>()
    .withMetrics()
    .withPlugin('bare', bee('bare'), common)
    .withPlugin('retried', bee('retried'), { ...common, retry: { initialDelayMs: 5, maxDelayMs: 50 } })
    .withPlugin('guarded', bee('guarded'), {
      ...common,
      retry: { initialDelayMs: 5, maxDelayMs: 50, attemptTimeoutMs: 300 },
      circuitBreaker: { failureThreshold: 5, recoveryTimeoutMs: 20 },
      rateLimit: { requestsPerSecond: 20_000, burstSize: 1000 },
      concurrency: { maxConcurrent: 20, maxQueue: 10 },
    })
    .build();

type Manager = Awaited<ReturnType<typeof manager>>;
const names = ['bare', 'retried', 'guarded'] as const;
type Name = (typeof names)[number];

/** A plugin that often fails would spend the test behind its open circuit. */
function ordinary(random: Random): Deed {
  const share = random.next();
  if (share < 0.02) return 'sayLater';
  if (share < 0.1) return 'sayNo';
  return share < 0.2 ? 'answerLater' : 'answer';
}

/** Makes so many calls from all callers, doing mischief on the way. */
async function run(host: Manager, count: number, random: Random) {
  const ledgers = new Map<Name, Ledger>(names.map((name) => [name, new Ledger()]));
  const told: Promise<void>[] = [];
  let nextId = 0;
  const ask = (name: Name, deed: Deed): Promise<void> | undefined => {
    const id = nextId++;
    const call = host.execute(name, { id, do: deed });
    return ledgers.get(name)?.follow(call, (answer) => answer.id === id && answer.name === name);
  };
  const mischief = new Mischief<Name>(
    {
      names,
      view: (name) => host.getPlugin(name),
      replace: (name) => host.replace(name, bee(name)),
      tell: (name, deed) => void told.push(ask(name, deed) ?? Promise.resolve()),
    },
    random,
  );
  let made = 0;
  const caller = async (): Promise<void> => {
    while (made < count) {
      if (++made % callsPerDeed === 0) mischief.act();
      await ask(random.pick(names), ordinary(random));
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const failedReplacements = await mischief.end();
  await Promise.all(told);
  return { ledgers, done: mischief.done, failedReplacements };
}

/** What the manager counted of a plugin, in the ledger's words. */
function countedBy(host: Manager, name: Name) {
  const { started, succeeded, failed, active } = host.getPlugin(name)?.calls ?? {};
  const { requestsTotal, requestsSuccess, requestsFailure, failures } = host.metrics()?.plugins[name] ?? {};
  return { started, succeeded, failed, active, requestsTotal, requestsSuccess, requestsFailure, failures };
}

function seenBy({ made, answered, failures, failed }: Ledger) {
  return {
    started: made,
    succeeded: answered,
    failed: failures,
    active: 0,
    requestsTotal: made,
    requestsSuccess: answered,
    requestsFailure: failures,
    failures: Object.fromEntries(failed),
  };
}

/** Resolves when a plugin answers again. */
async function recovered(host: Manager, name: Name): Promise<void> {
  for (;;) {
    const answer = await host.execute(name, { id: -1, do: 'answer' }).catch(() => undefined);
    if (answer !== undefined) return;
    await new Promise((resolve) => setImmediate(resolve)); // an open circuit refuses at once
  }
}

afterEach(expectNoChildren);

describe(`chaos (seed ${seed}, ${calls} calls)`, () => {
  it(
    'ends every call once with its own answer or a coded error, counts all of them, and leaves nothing',
    { timeout: 240_000 },
    async () => {
      const random = new Random(seed);
      const first = await manager();
      await run(first, 2000, random); // the compiler and every cache have seen all of it
      await first.shutdown({ timeoutMs: 500 });
      const before = await holdings();

      const host = await manager();
      const { ledgers, done, failedReplacements } = await run(host, calls, random);
      const counted = names.map((name) => countedBy(host, name));
      await Promise.all(names.map((name) => recovered(host, name)));
      await host.shutdown({ timeoutMs: 500 });
      const after = await holdings();

      const all = names.map((name) => ledgers.get(name) ?? new Ledger());
      console.log(
        JSON.stringify({ seed, calls, done, seen: all.map(seenBy), failedReplacements, before, after }),
      );
      expect(all.flatMap(({ faults }) => faults)).toEqual([]);
      expect(counted).toEqual(all.map(seenBy));
      expect(all.reduce((sum, { made }) => sum + made, 0)).toBeGreaterThanOrEqual(calls);
      expect({ ...after, heapBytes: 0 }).toEqual({ ...before, heapBytes: 0 });
      expect(after.heapBytes - before.heapBytes).toBeLessThan(settlingBytes + calls * leftPerCall);
    },
  );
});
