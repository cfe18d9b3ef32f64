import { describe, expect, it } from 'vitest';
import { PluginError, Simple, type CallContext, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { answering } from './plugins.ts';
import { Puppet } from './puppet.ts';
import { aTurn, soFar } from './so-far.ts';

/** Waits without chance: 100, 200, 400 … ms; and as many as are wanted. */
const exact = { jitter: 0 };

const busy = (retryAfterMs?: number): PluginError =>
  new PluginError('PLUGIN_1212', { message: 'busy', retryAfterMs });

/** A host of a plugin that fails so many times before it answers, and when it was asked, in milliseconds. */
async function failingHost(failures: number, settings: PluginSettings<never>, error: () => unknown = busy) {
  const clock = new ManualClock();
  const asked: { readonly atMs: number; readonly attempt: number }[] = [];
  const failing = answering<string, string>((text, { attempt }: CallContext) => {
    asked.push({ atMs: clock.now(), attempt });
    if (asked.length > failures) return text;
    throw error();
  });
  const host = await managed(
    Simple<string, string>()
      .withClock(clock)
      .withMetrics()
      .withPlugin('shaky', inProcess(failing), settings)
      .build(),
  );
  return { clock, asked, host, atMs: () => asked.map(({ atMs }) => atMs) };
}

/** A call that may fail before the test looks at it. */
function lookedAtLater<T>(call: Promise<T>): Promise<T> {
  call.catch(() => {});
  return call;
}

/** Lets time pass, step by step, so that what is started on the way is seen. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    clock.advance(50);
    await aTurn();
  }
}

describe('a failed attempt', () => {
  it('is made again after growing waits while the error says that this may help', async () => {
    const { clock, asked, host } = await failingHost(3, { retry: exact });
    await using _ = host;
    const call = host.manager.execute('shaky', 'hello');
    await pass(clock, 1000);
    expect(await call).toBe('hello');
    expect(asked).toEqual([
      { atMs: 0, attempt: 1 },
      { atMs: 100, attempt: 2 },
      { atMs: 300, attempt: 3 },
      { atMs: 700, attempt: 4 },
    ]);
  });

  it('waits no longer than maxDelayMs, with the numbers of the settings', async () => {
    const retry = { ...exact, maxRetries: 4, initialDelayMs: 50, multiplier: 3, maxDelayMs: 200 };
    const { clock, atMs, host } = await failingHost(4, { retry });
    await using _ = host;
    const call = host.manager.execute('shaky', 'hello');
    await pass(clock, 1000);
    expect(await call).toBe('hello');
    expect(atMs()).toEqual([0, 50, 200, 400, 600]);
  });

  it('waits as long as the plugin asks for, if that is longer', async () => {
    const { clock, atMs, host } = await failingHost(1, { retry: exact }, () => busy(750));
    await using _ = host;
    const call = host.manager.execute('shaky', 'hello');
    await pass(clock, 750);
    expect(await call).toBe('hello');
    expect(atMs()).toEqual([0, 750]);
  });

  it('varies its wait by a tenth, so that callers do not come back in step', async () => {
    const waits = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const { clock, host } = await failingHost(1, { retry: {} });
        await using _ = host;
        const call = host.manager.execute('shaky', 'hello');
        const wait = clock.timersMs.find((ms) => ms > 0) ?? 0; // the other one gives deadlines their time
        clock.advance(110);
        await call;
        return wait;
      }),
    );
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(90);
    expect(Math.max(...waits)).toBeLessThanOrEqual(110);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });

  it('is not made again without a retry policy', async () => {
    const { asked, host } = await failingHost(1, {});
    await using _ = host;
    await expect(host.manager.execute('shaky', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1212' });
    expect(asked).toHaveLength(1);
  });

  it('is not made again when the error says that this cannot help, and that error is the answer', async () => {
    const wrong = new PluginError('WRONG_PASSWORD', { plugin: 'shaky', message: 'no' });
    const { asked, host } = await failingHost(1, { retry: exact }, () => wrong);
    await using _ = host;
    await expect(host.manager.execute('shaky', 'hello')).rejects.toBe(wrong);
    expect(asked).toHaveLength(1);
  });

  it('is one call in the counters, however often it was made', async () => {
    const { clock, host } = await failingHost(2, { retry: exact });
    await using _ = host;
    const call = host.manager.execute('shaky', 'hello');
    await pass(clock, 300);
    await call;
    const { manager } = host;
    expect(manager.getPlugin('shaky')?.calls).toEqual({ started: 1, succeeded: 1, failed: 0, active: 0 });
    expect(manager.metrics()?.plugins['shaky']).toMatchObject({ requestsTotal: 1, requestsFailure: 0 });
  });

  it('of a child that crashed is made again when the child is back', async () => {
    const clock = new ManualClock();
    const puppet = new Puppet();
    puppet.answer = ({ attempt }) => {
      if (attempt > 1) return `attempt ${attempt}`;
      void puppet.last.crash();
      throw new PluginError('PLUGIN_1205', { message: 'it crashed.' });
    };
    await using host = await managed(
      Simple<string, string>().withClock(clock).withPlugin('child', puppet, { retry: exact }).build(),
    );
    const call = host.manager.execute('child', 'hello');
    await pass(clock, 1500);
    // the second attempt, 100 ms later, learned that the child is back after 1,000 ms, and waited for it
    expect(await call).toMatch(/^attempt [23]$/);
    expect(puppet.starts).toBe(2);
  });
});

describe('the last attempt', () => {
  it('fails as PLUGIN_1203 with the number of attempts and the last error', async () => {
    const { clock, asked, host } = await failingHost(9, { retry: exact });
    await using _ = host;
    const call = lookedAtLater(host.manager.execute('shaky', 'hello'));
    await pass(clock, 1000);
    await expect(call).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      plugin: 'shaky',
      retryable: true, // as the last error: it may pass, only not for this call
      message: "[PLUGIN_1203] plugin 'shaky': failed after 4 attempts, at last with PLUGIN_1212: busy",
      context: { attempts: 4, lastCode: 'PLUGIN_1212' },
      cause: { code: 'PLUGIN_1212', plugin: 'shaky', rawMessage: 'busy' },
    });
    expect(asked).toHaveLength(4);
  });

  it('is the one before a wait that would outlast the deadline, and is not waited for', async () => {
    const { clock, atMs, host } = await failingHost(9, { timeoutMs: 500, retry: exact });
    await using _ = host;
    const call = lookedAtLater(host.manager.execute('shaky', 'hello'));
    await pass(clock, 300);
    await expect(call).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      context: { attempts: 3, lastCode: 'PLUGIN_1212' },
    });
    expect(atMs()).toEqual([0, 100, 300]);
  });

  it('is the first where the plugin asks for more time than the caller has', async () => {
    const { host, asked } = await failingHost(9, { timeoutMs: 500, retry: exact }, () => busy(60_000));
    await using _ = host;
    await expect(host.manager.execute('shaky', 'hello')).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      context: { attempts: 1 },
    });
    expect(asked).toHaveLength(1);
  });
});

describe('maxRetries of one call', () => {
  it.each([
    [0, 1, 'PLUGIN_1212'],
    [1, 2, 'PLUGIN_1203'],
    [5, 6, 'PLUGIN_1203'],
  ])('as %i makes %i attempts', async (maxRetries, attempts, code) => {
    const { clock, asked, host } = await failingHost(99, { retry: { ...exact, maxDelayMs: 100 } });
    await using _ = host;
    const call = lookedAtLater(host.manager.execute('shaky', 'hello', { maxRetries }));
    await pass(clock, 600);
    await expect(call).rejects.toMatchObject({ code });
    expect(asked).toHaveLength(attempts);
  });

  it('turns retries on for a plugin that has none, with the usual waits', async () => {
    const { clock, asked, host } = await failingHost(1, {});
    await using _ = host;
    const call = lookedAtLater(host.manager.execute('shaky', 'hello', { maxRetries: 2 }));
    await pass(clock, 200);
    expect(await soFar(call)).toBe('answered');
    expect(asked).toHaveLength(2);
  });
});

describe('a call that waits for its next attempt', () => {
  it('ends at once when its caller gives up, and makes no further attempt', async () => {
    const { clock, host, asked } = await failingHost(9, { retry: exact });
    await using _ = host;
    const controller = new AbortController();
    const call = host.manager.execute('shaky', 'hello', { signal: controller.signal });
    await aTurn();
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    await pass(clock, 1000);
    expect(asked).toHaveLength(1);
  });
});
