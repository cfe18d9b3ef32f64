import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Simple, type CallContext, type ExecutionContext, type PluginError } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { answering, hanging, loud, waiting } from './plugins.ts';

const simple = Simple<string, string>();

type Facts = Pick<
  CallContext,
  'requestId' | 'plugin' | 'hook' | 'attempt' | 'headers' | 'metadata' | 'traceparent' | 'tracestate'
>;

const telling = answering<string, Facts>((_, context) => {
  const { requestId, plugin, hook, attempt, headers, metadata, traceparent, tracestate } = context;
  return { requestId, plugin, hook, attempt, headers, metadata, traceparent, tracestate };
});

describe('what a caller says about a call', () => {
  it('reaches the plugin', async () => {
    await using host = await managed(Simple<string, Facts>().withPlugin('auth', inProcess(telling)).build());
    const options: ExecutionContext = {
      requestId: 'req-7',
      headers: { tenant: 'acme' },
      metadata: { tries: 2 },
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'acme=1',
    };
    expect(await host.manager.execute('auth', '', options)).toEqual({
      ...options,
      plugin: 'auth',
      hook: 'execute',
      attempt: 1,
    });
  });

  it('has harmless defaults and an id that no other call has', async () => {
    await using host = await managed(Simple<string, Facts>().withPlugin('auth', inProcess(telling)).build());
    const facts = await Promise.all(Array.from({ length: 1000 }, () => host.manager.execute('auth', '')));
    expect(new Set(facts.map(({ requestId }) => requestId)).size).toBe(1000);
    expect(facts[0]).toMatchObject({
      headers: {},
      metadata: {},
      traceparent: undefined,
      tracestate: undefined,
    });
  });
});

describe('options that make no sense', () => {
  it.each([
    [{ timeoutMs: NaN }, 'timeoutMs must be a number of at least 0.'],
    [{ timeoutMs: '5' }, 'timeoutMs must be a number of at least 0.'],
    [{ maxRetries: 1.5 }, 'maxRetries must be a whole number of at least 0.'],
    [{ signal: {} }, 'signal must be an AbortSignal.'],
    [{ requestId: 7 }, 'requestId must be text.'],
    [{ headers: 'tenant' }, 'headers must be an object.'],
    [{ metadata: null }, 'metadata must be an object.'],
  ])('are refused, and the plugin is not asked: %o', async (given, words) => {
    let asked = 0;
    const plugin = answering<string, number>(() => ++asked);
    await using host = await managed(Simple<string, number>().withPlugin('auth', inProcess(plugin)).build());
    const call = host.manager.execute('auth', 'x', given as ExecutionContext);
    await expect(call).rejects.toMatchObject({
      code: 'CONFIG_1703',
      plugin: 'auth',
      message: expect.stringContaining(words) as string,
    });
    expect(asked).toBe(0);
  });

  it('are refused too where they cannot be read', async () => {
    await using host = await managed(simple.withPlugin('auth', inProcess(loud)).build());
    const options: ExecutionContext = {
      get headers(): never {
        throw new Error('not today');
      },
    };
    await expect(host.manager.execute('auth', 'x', options)).rejects.toMatchObject({
      code: 'CONFIG_1703',
      message: expect.stringContaining('they cannot be read: not today.') as string,
    });
  });
});

describe('progress', () => {
  const counting = answering<string, string>((_, context) => {
    for (const step of [1, 2, 3]) context.progress(step);
    return 'done';
  });

  it('reaches the caller, in order and before the answer', async () => {
    await using host = await managed(simple.withPlugin('auth', inProcess(counting)).build());
    const heard: unknown[] = [];
    await host.manager.execute('auth', '', { onProgress: (value) => heard.push(value) });
    expect(heard).toEqual([1, 2, 3]);
  });

  it('harms neither a caller who does not listen nor one whose listener throws', async () => {
    await using host = await managed(simple.withPlugin('auth', inProcess(counting)).build());
    expect(await host.manager.execute('auth', '')).toBe('done');
    const onProgress = (): never => {
      throw new Error('not interested');
    };
    expect(await host.manager.execute('auth', '', { onProgress })).toBe('done');
  });

  it('may be taken out of the context, as its other members may', async () => {
    const taking = answering<string, string>((_, context) => {
      const { progress } = context as { progress: (value: unknown) => void };
      progress('half');
      return 'done';
    });
    await using host = await managed(simple.withPlugin('auth', inProcess(taking)).build());
    const heard: unknown[] = [];
    await host.manager.execute('auth', '', { onProgress: (value) => heard.push(value) });
    expect(heard).toEqual(['half']);
  });

  it('is not heard of a call that is over', async () => {
    const clock = new ManualClock();
    let progress: (value: unknown) => void = () => {};
    const late = answering<string, string>((_, context) => {
      progress = (value) => context.progress(value);
      return new Promise(() => {});
    });
    await using host = await managed(simple.withClock(clock).withPlugin('auth', inProcess(late)).build());
    const heard: unknown[] = [];
    const call = host.manager.execute('auth', '', { timeoutMs: 5, onProgress: (value) => heard.push(value) });
    progress(1);
    clock.advance(5);
    progress(2);
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1204' });
    expect(heard).toEqual([1]);
  });
});

describe("the caller's signal", () => {
  it('that has aborted already rejects at once; the plugin is not asked', async () => {
    let asked = 0;
    const counting = answering<string, string>(() => {
      asked++;
      return '';
    });
    await using host = await managed(simple.withPlugin('auth', inProcess(counting)).build());
    const reason = new Error('changed my mind');
    const call = host.manager.execute('auth', 'hello', { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toMatchObject({
      code: 'PLUGIN_1206',
      retryable: false,
      cause: reason,
      message: "[PLUGIN_1206] plugin 'auth': the caller gave up before the answer came.",
    });
    expect(asked).toBe(0);
    expect(host.manager.getPlugin('auth')?.calls).toEqual({ started: 1, succeeded: 0, failed: 1, active: 0 });
  });

  it("that aborts later rejects then, and aborts the plugin's own signal", async () => {
    let seen: PluginError | undefined;
    const watching = answering<string, string>(
      (_, { signal }) =>
        new Promise(() => signal.addEventListener('abort', () => (seen = signal.reason as PluginError))),
    );
    await using host = await managed(simple.withPlugin('auth', inProcess(watching)).build());
    const controller = new AbortController();
    const call = host.manager.execute('auth', 'hello', { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({
      code: 'PLUGIN_1206',
      cause: controller.signal.reason as unknown,
    });
    expect(seen).toMatchObject({ code: 'PLUGIN_1206' });
  });

  it('is seen as aborted by a plugin that looks only afterwards', async () => {
    let look: () => AbortSignal = () => AbortSignal.abort();
    const looking = answering<string, string>((_, context) => {
      look = () => context.signal;
      return new Promise(() => {});
    });
    await using host = await managed(simple.withPlugin('auth', inProcess(looking)).build());
    const controller = new AbortController();
    const call = host.manager.execute('auth', 'hello', { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    expect(look()).toMatchObject({ aborted: true, reason: { code: 'PLUGIN_1206' } });
    expect(look()).toBe(look());
  });

  it('changes nothing after the answer', async () => {
    await using host = await managed(simple.withPlugin('auth', inProcess(loud)).build());
    const controller = new AbortController();
    expect(await host.manager.execute('auth', 'hello', { signal: controller.signal })).toBe('HELLO');
    controller.abort();
    expect(host.manager.getPlugin('auth')?.calls).toEqual({ started: 1, succeeded: 1, failed: 0, active: 0 });
  });

  it('keeps no listener of a call that is over, however it ended', async () => {
    const clock = new ManualClock();
    const failing = answering<string, string>(() => {
      throw new Error('no');
    });
    await using host = await managed(
      simple
        .withClock(clock)
        .withPlugin('loud', inProcess(loud))
        .withPlugin('failing', inProcess(failing))
        .withPlugin('hanging', inProcess(hanging))
        .build(),
    );
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    for (let round = 0; round < 50; round++) {
      const calls = (['loud', 'failing', 'hanging'] as const).map((name) =>
        host.manager.execute(name, 'hello', { signal, timeoutMs: 5 }),
      );
      const ended = Promise.allSettled(calls);
      expect(listeners()).toBeLessThanOrEqual(3);
      clock.advance(5);
      await ended;
    }
    expect(listeners()).toBe(0);
  });

  it('may serve hundreds of running calls at once; aborting it ends them all', async () => {
    const { plugin } = waiting();
    await using host = await managed(simple.withPlugin('auth', inProcess(plugin)).build());
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 300 }, () => host.manager.execute('auth', 'hello', { signal }));
    controller.abort();
    const outcomes = await Promise.allSettled(calls);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'PLUGIN_1206' } });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(host.manager.getPlugin('auth')?.calls).toMatchObject({ failed: 300, active: 0 });
  });
});
