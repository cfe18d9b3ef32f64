import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simple, type ConcurrencySettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { ConcurrencyLimit, type Waiter } from '../../src/resilience/concurrency.ts';
import { answering, waiting } from '../manager/plugins.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { managed } from '../support/managed.ts';

async function limitedHost(concurrency: ConcurrencySettings) {
  const { plugin, letGo } = waiting();
  const host = await managed(
    Simple<string, string>().withMetrics().withPlugin('auth', inProcess(plugin), { concurrency }).build(),
  );
  const call = (text: string, options?: { signal?: AbortSignal }): Promise<string> => {
    const answer = host.manager.execute('auth', text, options);
    answer.catch(() => {});
    return answer;
  };
  const queued = (): number => host.manager.getPlugin('auth')?.queued ?? -1;
  return { host, call, letGo, queued };
}

describe('a concurrency limit', () => {
  it('lets so many calls run, the next ones wait in their order', async () => {
    const { host, call, letGo, queued } = await limitedHost({ maxConcurrent: 2 });
    await using _ = host;
    const order: string[] = [];
    const calls = ['a', 'b', 'c', 'd'].map((text) => call(text).then((answer) => order.push(answer)));
    expect(queued()).toBe(2);
    for (let left = 4; left > 0; left--) {
      letGo();
      await aTurn();
    }
    await Promise.all(calls);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    expect(queued()).toBe(0);
  });

  it('refuses at once with PLUGIN_1212, retryable and counted, when the line is full', async () => {
    const { host, call, queued } = await limitedHost({ maxConcurrent: 1, maxQueue: 2 });
    await using _ = host;
    const calls = ['runs', 'waits', 'waits', 'refused'].map((text) => call(text));
    expect(await Promise.all(calls.map(soFar))).toEqual(['waits', 'waits', 'waits', 'PLUGIN_1212']);
    await expect(calls[3]).rejects.toMatchObject({
      plugin: 'auth',
      retryable: true,
      context: { queued: 2 },
      message:
        "[PLUGIN_1212] plugin 'auth': all its slots are taken and 2 calls wait already. Call less at once, or raise concurrency.",
    });
    const { manager } = host;
    expect(queued()).toBe(2);
    expect(manager.getPlugin('auth')?.calls).toEqual({ started: 4, succeeded: 0, failed: 1, active: 3 });
    expect(manager.metrics()?.plugins['auth']?.failures).toEqual({ PLUGIN_1212: 1 });
  });

  it('lets nobody wait with a queue of 0', async () => {
    const { host, call } = await limitedHost({ maxConcurrent: 1, maxQueue: 0 });
    await using _ = host;
    const calls = [call('runs'), call('refused')];
    expect(await Promise.all(calls.map(soFar))).toEqual(['waits', 'PLUGIN_1212']);
  });

  it('gives the place of a waiting call that was given up to another', async () => {
    const { host, call, letGo, queued } = await limitedHost({ maxConcurrent: 1, maxQueue: 1 });
    await using _ = host;
    const controller = new AbortController();
    const first = call('first');
    const gone = call('gone', { signal: controller.signal });
    controller.abort();
    expect(await soFar(gone)).toBe('PLUGIN_1206');
    expect(queued()).toBe(0);
    const next = call('next');
    letGo();
    expect(await first).toBe('first');
    await aTurn();
    letGo();
    expect(await next).toBe('next');
  });

  it('gives the slot of a call that failed, was too late, or was given up to another', async () => {
    const controller = new AbortController();
    const deeds: Record<string, () => Promise<string>> = {
      fail: () => Promise.reject(new Error('no')),
      hang: () => new Promise(() => {}),
      answer: async () => 'answered',
    };
    const plugin = answering<string, string>((deed) => deeds[deed]?.() ?? deed);
    await using host = await managed(
      Simple<string, string>()
        .withPlugin('auth', inProcess(plugin), { concurrency: { maxConcurrent: 1 } })
        .build(),
    );
    const { manager } = host;
    const ended = Promise.allSettled([
      manager.execute('auth', 'fail'),
      manager.execute('auth', 'hang', { timeoutMs: 5 }),
      manager.execute('auth', 'hang', { signal: controller.signal }),
    ]);
    const last = manager.execute('auth', 'answer');
    last.catch(() => {});
    await manager.execute('auth', 'hang', { timeoutMs: 20 }).catch(() => {}); // waits behind them
    controller.abort();
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await last).toBe('answered');
  });

  it('runs a line of ten thousand calls that answer at once, without a deep stack', async () => {
    await using host = await managed(
      Simple<string, string>()
        .withPlugin('auth', inProcess(answering<string, string>((text) => text)), {
          concurrency: { maxConcurrent: 1, maxQueue: 20_000 },
        })
        .withPlugin('later', inProcess(answering<string, string>(async (text) => text)), {
          concurrency: { maxConcurrent: 1, maxQueue: 20_000 },
        })
        .build(),
    );
    for (const name of ['auth', 'later'] as const) {
      const calls = Array.from({ length: 10_000 }, (_, at) => host.manager.execute(name, `call ${at}`));
      expect(await Promise.all(calls)).toHaveLength(10_000);
    }
  });
});

/** A call of the property: it runs, waits, or is over. */
class Caller implements Waiter {
  settled = false;
  state: 'new' | 'runs' | 'waits' | 'over' = 'new';

  proceed(): void {
    this.state = 'runs';
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant('enter' as const) },
    { weight: 3, arbitrary: fc.constant('end' as const) },
    { weight: 1, arbitrary: fc.constant('give up' as const) },
    { weight: 1, arbitrary: fc.constant('turn' as const) },
  ),
  { maxLength: 200, size: 'max' },
);

/** A limit and those who use it, as calls do. */
class Crowd {
  readonly callers: Caller[] = [];
  readonly limit: ConcurrencyLimit;

  constructor(maxConcurrent: number, maxQueue: number) {
    this.limit = new ConcurrencyLimit({ maxConcurrent, maxQueue });
  }

  count(state: Caller['state']): number {
    return this.callers.filter((caller) => caller.state === state).length;
  }

  async take(step: Step): Promise<void> {
    if (step === 'enter') this.#enter();
    if (step === 'end') this.#end(this.callers.find(({ state }) => state === 'runs'));
    if (step === 'give up') this.#end(this.callers.findLast(({ state }) => state === 'waits'));
    if (step === 'turn') await Promise.resolve();
  }

  #enter(): void {
    const caller = new Caller();
    const place = this.limit.enter(caller);
    caller.state = ({ run: 'runs', wait: 'waits', full: 'over' } as const)[place];
    if (place !== 'full') this.callers.push(caller);
  }

  #end(caller: Caller | undefined): void {
    if (caller === undefined) return;
    caller.settled = true;
    if (caller.state === 'runs') this.limit.release();
    else this.limit.leave(caller);
    caller.state = 'over';
  }
}

type Step = 'enter' | 'end' | 'give up' | 'turn';

/** What went wrong in a history; empty when nothing did. */
async function faults(most: number, line: number, history: readonly Step[]): Promise<string[]> {
  const crowd = new Crowd(most, line);
  const found = new Set<string>();
  const claim = (isSo: boolean, fault: string): void => void (isSo || found.add(fault));
  for (const step of history) {
    await crowd.take(step);
    claim(crowd.count('runs') <= most, 'more ran than may');
    claim(crowd.limit.queued <= line, 'more waited than may');
  }
  for (let left = crowd.callers.length; left > 0; left--) {
    for (let turn = 0; turn < 4; turn++) await crowd.take('turn');
    claim(crowd.count('waits') === 0 || crowd.count('runs') === most, 'a slot was free and somebody waited');
    await crowd.take('end');
  }
  const places = Array.from({ length: most }, () => crowd.limit.enter(new Caller()));
  claim(
    places.every((place) => place === 'run'),
    'a slot was lost',
  );
  return [...found];
}

it('a concurrency limit, through any history, never runs more than it may, loses no slot, and serves who waits', async () => {
  const sizes = [fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 5 })] as const;
  const property = fc.asyncProperty(...sizes, steps, async (most, line, history) => {
    expect(await faults(most, line, history)).toEqual([]);
  });
  await fc.assert(property, { numRuns: 1000 });
});
