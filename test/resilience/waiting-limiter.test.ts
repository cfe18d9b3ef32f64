import { describe, expect, it } from 'vitest';
import { isPluginError, Simple, type RateLimitSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { until } from '../support/processes.ts';
import { endOnClock } from './on-manual-clock.ts';

/** A plugin whose calls wait for tokens: at first `burstSize`, then one every 100 ms. */
async function waitingHost(rateLimit: RateLimitSettings = {}, timeoutMs = 60_000) {
  const clock = new ManualClock();
  const asked: { readonly text: string; readonly atMs: number }[] = [];
  const noting = answering<string, string>((text) => {
    asked.push({ text, atMs: clock.now() });
    return text;
  });
  const settings = { rateLimit: { burstSize: 1, ...rateLimit, onLimit: 'wait' as const }, timeoutMs };
  const { manager, ...running } = await managed(
    Simple<string, string>().withClock(clock).withPlugin('auth', inProcess(noting), settings).build(),
  );
  const host = { manager, [Symbol.asyncDispose]: () => endOnClock(running, clock) };
  const call = (text: string, options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<string> => {
    const answer = manager.execute('auth', text, options);
    answer.catch(() => {});
    return answer;
  };
  const queued = (): number => manager.getPlugin('auth')?.queued ?? -1;
  return { clock, host, call, queued, asked, texts: () => asked.map(({ text }) => text) };
}

/** Lets time pass until something is so; bottleneck starts each job on a timer of its own, in real time. */
async function passUntil(clock: ManualClock, isSo: () => boolean): Promise<void> {
  await until(() => {
    clock.advance(10);
    return isSo();
  });
}

/** Waits until the first in line waits for a token: only then has bottleneck begun its job. */
function firstInLine(clock: ManualClock): Promise<void> {
  const timers = clock.timersMs.length;
  return until(() => clock.timersMs.length > timers);
}

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return 'answered';
  } catch (error) {
    return isPluginError(error) ? error.code : String(error);
  }
};

describe('a call over a limit that lets wait', () => {
  it('gets its token when there is one', async () => {
    const { clock, host, call, asked } = await waitingHost();
    await using _ = host;
    await call('first');
    const second = call('second');
    await firstInLine(clock);
    clock.advance(99);
    expect(await soFar(second)).toBe('waits');
    clock.advance(1);
    expect(await second).toBe('second');
    expect(asked).toEqual([
      { text: 'first', atMs: 0 },
      { text: 'second', atMs: 100 },
    ]);
  });

  it('does not wait for a token that is there', async () => {
    const { host, call, queued, texts } = await waitingHost({ burstSize: 5 });
    await using _ = host;
    // the plugin is asked before `execute` has returned: no timer and no promise of a queue can be between
    for (const text of ['a', 'b', 'c', 'd', 'e']) void call(text);
    expect(texts()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(queued()).toBe(0);
    void call('f');
    expect(texts()).toHaveLength(5);
    expect(queued()).toBe(1);
  });

  it('goes behind those who wait already, and they go in their order', async () => {
    const { clock, host, call, texts } = await waitingHost();
    await using _ = host;
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const calls = names.slice(0, 6).map((text) => call(text));
    await firstInLine(clock);
    clock.advance(300); // tokens are saved up by now; the late ones must not take them
    calls.push(...names.slice(6).map((text) => call(text)));
    await passUntil(clock, () => texts().length === names.length);
    expect(await Promise.all(calls)).toEqual(names);
    expect(texts()).toEqual(names);
  });

  it('is refused at once with RATELIMIT_1501 when the line is full', async () => {
    const { host, call, queued } = await waitingHost({ maxQueue: 3 });
    await using _ = host;
    await call('first');
    const calls = Array.from({ length: 6 }, (_each, at) => call(`waits ${at}`));
    expect(await Promise.all(calls.map(soFar))).toEqual([
      'waits',
      'waits',
      'waits',
      ...Array<string>(3).fill('RATELIMIT_1501'),
    ]);
    expect(queued()).toBe(3);
    await expect(calls[5]).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('too many calls wait already') as string,
    });
  });

  it('is refused at once where nobody may wait', async () => {
    const { host, call } = await waitingHost({ maxQueue: 0 });
    await using _ = host;
    await call('first');
    expect(await soFar(call('second'))).toBe('RATELIMIT_1501');
  });

  it('ends at its deadline while it waits, and takes no token', async () => {
    const { clock, host, call, texts } = await waitingHost();
    await using _ = host;
    await call('first');
    const late = call('late', { timeoutMs: 50 });
    const patient = call('patient');
    await firstInLine(clock);
    clock.advance(50);
    expect(await codeOf(late)).toBe('PLUGIN_1204');
    clock.advance(50); // and no more: the token that came back is all there is
    await until(() => texts().length === 2);
    expect(await patient).toBe('patient');
  });

  it('gives its place back as soon as its caller gives up', async () => {
    const { clock, host, call, queued } = await waitingHost({ maxQueue: 2 });
    await using _ = host;
    await call('first');
    const controller = new AbortController();
    void call('head');
    const gone = call('gone', { signal: controller.signal });
    await firstInLine(clock);
    expect(queued()).toBe(2);
    controller.abort();
    expect(await codeOf(gone)).toBe('PLUGIN_1206');
    expect(queued()).toBe(1);
    expect(await soFar(call('next'))).toBe('waits');
  });

  it('lets the next one have the token when the first in line gives up', async () => {
    const { clock, host, call, texts } = await waitingHost();
    await using _ = host;
    await call('first');
    const controller = new AbortController();
    const gone = call('gone', { signal: controller.signal });
    const next = call('next');
    await firstInLine(clock);
    controller.abort();
    expect(await codeOf(gone)).toBe('PLUGIN_1206');
    clock.advance(100);
    await until(() => texts().length === 2);
    expect(await next).toBe('next');
  });
});

describe('a line of waiting calls', () => {
  it('moves on as fast as the limit says, however many wait and however late a timer is', async () => {
    const { clock, host, call, texts } = await waitingHost({ requestsPerSecond: 1000, maxQueue: 1000 });
    await using _ = host;
    const calls = Array.from({ length: 500 }, (_each, at) => call(`call ${at}`));
    await firstInLine(clock);
    clock.advance(499); // and no more: a token for each of those who wait has come back
    await until(() => texts().length === 500);
    expect(await Promise.all(calls)).toEqual(texts());
  });

  it('is ended by shutdown, each call with PLUGIN_1206, and leaves no timer', async () => {
    const { clock, host, call, texts } = await waitingHost();
    await using _ = host;
    const calls = ['first', 'second', 'third'].map((text) => call(text));
    await firstInLine(clock);
    const ending = host.manager.shutdown({ timeoutMs: 20 });
    clock.advance(20);
    expect((await ending).cancelled).toEqual({ auth: 2 });
    expect(await Promise.all(calls.map(codeOf))).toEqual(['answered', 'PLUGIN_1206', 'PLUGIN_1206']);
    expect(clock.timersMs).toEqual([]);
    clock.advance(10_000);
    await aTurn();
    expect(texts()).toEqual(['first']);
  });

  it('is let through by a shutdown that has the time', async () => {
    const { clock, host, call, texts } = await waitingHost();
    await using _ = host;
    const calls = ['first', 'second', 'third'].map((text) => call(text));
    await firstInLine(clock);
    const ending = host.manager.shutdown({ timeoutMs: 5000 });
    await passUntil(clock, () => texts().length === 3);
    expect(await Promise.all(calls.map(codeOf))).toEqual(Array(3).fill('answered'));
    expect((await ending).cancelled).toEqual({});
  });

  it('is let go when a replacement comes with another limit, or with none', async () => {
    for (const settings of [{}, { rateLimit: { burstSize: 5 } }]) {
      const { clock, host, call, queued } = await waitingHost();
      await using _ = host;
      const calls = ['first', 'second', 'third'].map((text) => call(text));
      await firstInLine(clock);
      await host.manager.replace('auth', inProcess(answering<string, string>((text) => text)), settings);
      expect([await Promise.all(calls.map(codeOf)), queued()]).toEqual([Array(3).fill('answered'), 0]);
    }
  });

  it('loses no call when the plugin is replaced meanwhile', async () => {
    const { clock, host, call } = await waitingHost();
    await using _ = host;
    const calls = ['first', 'second', 'third', 'fourth'].map((text) => call(text));
    await firstInLine(clock);
    const replacing = host.manager.replace('auth', inProcess(answering<string, string>((text) => text)));
    let left = calls.length;
    for (const one of calls) void codeOf(one).then(() => left--);
    await passUntil(clock, () => left === 0);
    expect(await Promise.all(calls.map(codeOf))).toEqual(Array(4).fill('answered'));
    await replacing;
  });
});
