import { describe, expect, it } from 'vitest';
import { PluginError, Simple, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering, hanging } from '../manager/plugins.ts';
import { Puppet } from '../manager/puppet.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { callWithFallback } from '../../src/manager/fallback.ts';

const failing = (error: unknown) =>
  inProcess(
    answering<string, string>(() => {
      throw error;
    }),
  );

/** Answers with its own name. */
const named = (name: string) => inProcess(answering<string, string>(() => name));

/** `auth`, which fails with an error, before `backup`. */
async function backedUp(error: unknown, settings: PluginSettings<never> = {}) {
  const clock = new ManualClock();
  const host = await managed(
    Simple<string, string>()
      .withClock(clock)
      .withMetrics()
      .withPlugin('auth', failing(error), settings)
      .withPlugin('backup', named('backup'))
      .withFallback('auth', 'backup')
      .build(),
  );
  return { clock, host };
}

describe('withFallback asks the backup', () => {
  it.each([
    ['ended', 'PLUGIN_1205'],
    ['is overloaded', 'PLUGIN_1212'],
    ['limits its callers', 'RATELIMIT_1501'],
    ['lost its channel', 'RPC_2003'],
  ])('where the plugin %s: %s', async (_what, code) => {
    const { host } = await backedUp(new PluginError(code, { message: 'not now' }));
    await using _ = host;
    expect(await host.manager.execute('auth', 'hello')).toBe('backup');
  });

  it('where the plugin failed in a way that may pass', async () => {
    const { host } = await backedUp(new PluginError('DATABASE_AWAY', { message: 'no', retryable: true }));
    await using _ = host;
    expect(await host.manager.execute('auth', 'hello')).toBe('backup');
  });

  it('where the retries are used up', async () => {
    const { clock, host } = await backedUp(new PluginError('PLUGIN_1212', { message: 'busy' }), {
      retry: { maxRetries: 1, jitter: 0 },
    });
    await using _ = host;
    const call = host.manager.execute('auth', 'hello');
    clock.advance(100);
    expect(await call).toBe('backup');
  });

  it('where the circuit is open', async () => {
    const { host } = await backedUp(new Error('broken'), { circuitBreaker: {} });
    await using _ = host;
    const ended: string[] = [];
    for (let call = 0; call < 6; call++) ended.push(await soFar(host.manager.execute('auth', 'hello')));
    expect(ended).toEqual([...Array<string>(5).fill('PLUGIN_1203'), 'answered']);
  });

  it('where the plugin is drained', async () => {
    const { host } = await backedUp(new Error('broken'));
    await using _ = host;
    await host.manager.drain('auth');
    expect(await host.manager.execute('auth', 'hello')).toBe('backup');
  });

  it('where the plugin was given up', async () => {
    const puppet = new Puppet();
    await using host = await managed(
      Simple<string, string>()
        .withPlugin('auth', puppet, { restart: { maxRestarts: 0 } })
        .withPlugin('backup', named('backup'))
        .withFallback('auth', 'backup')
        .build(),
    );
    await puppet.last.crash();
    expect(host.manager.getPlugin('auth')?.state.status).toBe('failed');
    expect(await host.manager.execute('auth', 'hello')).toBe('backup');
  });

  it('where the plugin was unregistered', async () => {
    const { host } = await backedUp(new Error('broken'));
    await using _ = host;
    await host.manager.unregister('auth');
    expect(await host.manager.execute('auth', 'hello')).toBe('backup');
  });

  it('with the same request, and counts the call at both', async () => {
    let asked = '';
    await using host = await managed(
      Simple<string, string>()
        .withMetrics()
        .withPlugin('auth', failing(new PluginError('PLUGIN_1205', { message: 'away' })))
        .withPlugin('backup', inProcess(answering<string, string>((text) => (asked = text))))
        .withFallback('auth', 'backup')
        .build(),
    );
    const requestId = 'one-of-mine';
    expect(await host.manager.execute('auth', 'hello', { requestId })).toBe('hello');
    expect(asked).toBe('hello');
    expect(host.manager.metrics()?.plugins).toMatchObject({
      auth: { requestsTotal: 1, requestsFailure: 1 },
      backup: { requestsTotal: 1, requestsFailure: 0 },
    });
  });

  it('and the one behind that, each once', async () => {
    const away = failing(new PluginError('PLUGIN_1205', { message: 'away' }));
    await using host = await managed(
      Simple<string, string>()
        .withPlugin('one', away)
        .withPlugin('two', away)
        .withPlugin('three', named('three'))
        .withFallback('one', 'two')
        .withFallback('two', 'three')
        .build(),
    );
    expect(await host.manager.execute('one', 'hello')).toBe('three');
  });

  it('but in a circle each only once, and then fails', async () => {
    const asked: string[] = [];
    const away = (name: string) =>
      inProcess(
        answering<string, string>(() => {
          asked.push(name);
          throw new PluginError('PLUGIN_1205', { message: `${name} is away` });
        }),
      );
    await using host = await managed(
      Simple<string, string>()
        .withPlugin('one', away('one'))
        .withPlugin('two', away('two'))
        .withFallback('one', 'two')
        .withFallback('two', 'one')
        .build(),
    );
    await expect(host.manager.execute('one', 'hello')).rejects.toMatchObject({
      plugin: 'two',
      code: 'PLUGIN_1205',
    });
    expect(asked).toEqual(['one', 'two']);
  });
});

describe('withFallback does not ask the backup', () => {
  it.each([
    ['an answer that is no', new PluginError('WRONG_PASSWORD', { message: 'no' }), 'WRONG_PASSWORD'],
    ['an uncoded error', new Error('a bug'), 'PLUGIN_1203'],
    ['an invalid request', new PluginError('PLUGIN_1209', { message: 'no' }), 'PLUGIN_1209'],
  ])('after %s', async (_what, error, code) => {
    const { host } = await backedUp(error);
    await using _ = host;
    await expect(host.manager.execute('auth', 'hello')).rejects.toMatchObject({ code, plugin: 'auth' });
    expect(host.manager.getPlugin('backup')?.calls.started).toBe(0);
  });

  it('after a caller who gave up', async () => {
    await using host = await managed(
      Simple<string, string>()
        .withPlugin('auth', inProcess(hanging))
        .withPlugin('backup', named('backup'))
        .withFallback('auth', 'backup')
        .build(),
    );
    const controller = new AbortController();
    const call = host.manager.execute('auth', 'hello', { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    expect(host.manager.getPlugin('backup')?.calls.started).toBe(0);
  });

  it('after shutdown', async () => {
    const { host } = await backedUp(new Error('broken'));
    await host.manager.shutdown();
    await expect(host.manager.execute('auth', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1208' });
  });
});

describe('the time of a call with a fallback', () => {
  it.each([
    ['the call’s', 400, 400],
    ['the plugin’s, where the call has none', undefined, 600],
    ['the plugin’s, where the call says 0', 0, 600],
  ])('is %s, for both plugins together', async (_what, timeoutMs, wholeMs) => {
    const clock = new ManualClock();
    const remaining: number[] = [];
    const failsLate = answering<string, string>(
      (_, context) =>
        new Promise((_resolve, reject) => {
          remaining.push(context.remainingMs);
          clock.startTimer(150, () => reject(new PluginError('PLUGIN_1205', { message: 'away' })));
        }),
    );
    const hangs = answering<string, string>((_, context) => {
      remaining.push(context.remainingMs);
      return new Promise(() => {});
    });
    await using host = await managed(
      Simple<string, string>()
        .withClock(clock)
        .withPlugin('auth', inProcess(failsLate), { timeoutMs: 600 })
        .withPlugin('backup', inProcess(hangs), { timeoutMs: 5000 })
        .withFallback('auth', 'backup')
        .build(),
    );
    const call = host.manager.execute('auth', 'hello', timeoutMs === undefined ? {} : { timeoutMs });
    call.catch(() => {});
    clock.advance(150);
    await aTurn();
    clock.advance(wholeMs - 151);
    expect(await soFar(call)).toBe('waits');
    clock.advance(1);
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1204', plugin: 'backup' });
    expect(remaining).toEqual([wholeMs, wholeMs - 150]);
  });
});

describe('the names of withFallback', () => {
  it('must be registered: the build fails and names those that are not', async () => {
    const builder = Simple<string, string>().withPlugin('auth', named('auth'));
    const careless = builder as unknown as { withFallback(plugin: string, backup: string): typeof builder };
    await expect(careless.withFallback('auth', 'nobody').build()).rejects.toMatchObject({
      code: 'REGISTRY_1901',
      message: expect.stringContaining(
        "withFallback names 'nobody', which is no plugin of this manager.",
      ) as string,
    });
  });

  it('may be those of every object: a plugin without a fallback has none', async () => {
    await using host = await managed(
      Simple<string, string>()
        .withPlugin('constructor', failing(new PluginError('PLUGIN_1205', { message: 'away' })))
        .build(),
    );
    await expect(host.manager.execute('constructor', 'hello')).rejects.toMatchObject({ code: 'PLUGIN_1205' });
  });
});

it('a fallback is never asked with a time that ran out between two looks at the clock', async () => {
  const looks = [0, 9, 11];
  const clock = Object.assign(new ManualClock(), { now: () => looks.shift() ?? 11 });
  const times: (number | undefined)[] = [];
  const ask = async (_: string, { timeoutMs }: { readonly timeoutMs?: number }): Promise<unknown> => {
    times.push(timeoutMs);
    throw new PluginError('PLUGIN_1205', { message: 'gone' });
  };
  await callWithFallback('auth', { auth: 'backup' }, { timeoutMs: 10 }, clock, ask).catch(() => {});
  expect(times).toEqual([10, 1]);
});
