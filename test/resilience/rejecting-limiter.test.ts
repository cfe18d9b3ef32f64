import { describe, expect, it } from 'vitest';
import { Simple, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering, loud } from '../manager/plugins.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';

/** A host of one plugin with a rate limit, and a function that says what becomes of so many calls at once. */
async function limitedHost(rateLimit: PluginSettings['rateLimit']) {
  const clock = new ManualClock();
  const host = await managed(
    Simple<string, string>()
      .withClock(clock)
      .withMetrics()
      .withPlugin('auth', inProcess(loud), { rateLimit: rateLimit ?? {} })
      .build(),
  );
  const callAtOnce = async (calls: number): Promise<{ answered: number; refused: unknown[] }> => {
    const ended = await Promise.allSettled(
      Array.from({ length: calls }, () => host.manager.execute('auth', 'hello')),
    );
    const refused = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    return { answered: calls - refused.length, refused };
  };
  return { clock, host, callAtOnce };
}

describe('over its rate limit a plugin', () => {
  it('refuses with RATELIMIT_1501 and says when to come again', async () => {
    const { clock, host, callAtOnce } = await limitedHost({});
    await using _ = host;
    const { answered, refused } = await callAtOnce(23);
    expect(answered).toBe(20);
    expect(refused).toHaveLength(3);
    expect(refused[0]).toMatchObject({
      code: 'RATELIMIT_1501',
      plugin: 'auth',
      retryable: true,
      retryAfterMs: 100,
      message:
        "[RATELIMIT_1501] plugin 'auth': too many calls; the next may come in 100 ms. Call less often, or raise rateLimit.",
    });
    clock.advance(100);
    expect(await callAtOnce(2)).toMatchObject({ answered: 1 });
  });

  it('never sees the calls that are refused', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const counting = answering<string, string>((text) => {
      asked++;
      return text;
    });
    await using host = await managed(
      Simple<string, string>()
        .withClock(clock)
        .withPlugin('auth', inProcess(counting), { rateLimit: { burstSize: 3 } })
        .build(),
    );
    await Promise.allSettled(Array.from({ length: 10 }, () => host.manager.execute('auth', 'hello')));
    expect(asked).toBe(3);
  });

  it('counts them as failed calls, once each', async () => {
    const { host, callAtOnce } = await limitedHost({ burstSize: 4 });
    await using _ = host;
    await callAtOnce(10);
    const { manager } = host;
    expect(manager.getPlugin('auth')?.calls).toEqual({ started: 10, succeeded: 4, failed: 6, active: 0 });
    expect(manager.metrics()?.plugins['auth']).toMatchObject({
      requestsTotal: 10,
      requestsSuccess: 4,
      failures: { RATELIMIT_1501: 6 },
    });
  });

  it('needs no timer for it', async () => {
    const { clock, host, callAtOnce } = await limitedHost({});
    await using _ = host;
    await callAtOnce(1); // the one timer of all deadlines
    clock.advance(1);
    const timers = clock.timersMs.length;
    await callAtOnce(100);
    clock.advance(1);
    expect([clock.timersMs.length, clock.keepingAlive]).toEqual([timers, 0]);
  });

  it.each([
    [{ requestsPerSecond: 2, timeWindowMs: 60_000, burstSize: 2 }, 30_000],
    [{ requestsPerSecond: 100, timeWindowMs: 50, burstSize: 1 }, 1],
  ])('heeds any window: %j', async (rateLimit, retryAfterMs) => {
    const { clock, host, callAtOnce } = await limitedHost(rateLimit);
    await using _ = host;
    const { answered, refused } = await callAtOnce(rateLimit.burstSize + 1);
    expect(answered).toBe(rateLimit.burstSize);
    expect(refused[0]).toMatchObject({ retryAfterMs });
    clock.advance(retryAfterMs);
    expect((await callAtOnce(1)).answered).toBe(1);
  });

  it('asks for whole milliseconds, never for 0', async () => {
    const { clock, host, callAtOnce } = await limitedHost({ requestsPerSecond: 3000, burstSize: 1 });
    await using _ = host;
    expect((await callAtOnce(2)).refused[0]).toMatchObject({ retryAfterMs: 1 });
    clock.advance(0.2);
    expect((await callAtOnce(1)).refused[0]).toMatchObject({ retryAfterMs: 1 });
  });

  it('has no limit when it is set to false', async () => {
    const { host, callAtOnce } = await limitedHost(false);
    await using _ = host;
    expect(await callAtOnce(1000)).toMatchObject({ answered: 1000 });
  });
});

it('a limit is each plugin’s own', async () => {
  await using host = await managed(
    Simple<string, string>()
      .withClock(new ManualClock())
      .withPlugin('one', inProcess(loud), { rateLimit: { burstSize: 1 } })
      .withPlugin('two', inProcess(loud), { rateLimit: { burstSize: 1 } })
      .build(),
  );
  await host.manager.execute('one', 'hello');
  expect(await host.manager.execute('two', 'hello')).toBe('HELLO');
});
