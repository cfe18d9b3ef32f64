import { describe, expect, it } from 'vitest';
import { Simple, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { Puppet } from '../manager/puppet.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { endOnClock } from './on-manual-clock.ts';

/** A plugin whose calls take 200 ms, behind something that makes calls wait. */
async function slowHost(settings: PluginSettings<never>) {
  const clock = new ManualClock();
  const remaining: number[] = [];
  const slow = answering<string, string>((text, { remainingMs }) => {
    remaining.push(remainingMs);
    return new Promise((resolve) => void clock.startTimer(200, () => resolve(text)));
  });
  const { manager, ...running } = await managed(
    Simple<string, string>().withClock(clock).withPlugin('auth', inProcess(slow), settings).build(),
  );
  const host = { manager, [Symbol.asyncDispose]: () => endOnClock(running, clock) };
  const call = (timeoutMs: number): Promise<string> => {
    const answer = manager.execute('auth', 'hello', { timeoutMs });
    answer.catch(() => {});
    return answer;
  };
  return { clock, host, call, remaining };
}

describe('the time of a call runs', () => {
  it('while it waits for a slot, and what is left is what the plugin gets', async () => {
    const { clock, host, call, remaining } = await slowHost({ concurrency: { maxConcurrent: 1 } });
    await using _ = host;
    const [first, second, third] = [call(1000), call(1000), call(350)];
    clock.advance(200);
    await first;
    await aTurn();
    clock.advance(150);
    expect([await soFar(second), await soFar(third)]).toEqual(['waits', 'PLUGIN_1204']);
    clock.advance(50);
    expect(await soFar(second)).toBe('answered');
    expect(remaining).toEqual([1000, 800]);
  });

  it('while it waits for a slot that never comes: the plugin never hears of it', async () => {
    const { clock, host, call, remaining } = await slowHost({ concurrency: { maxConcurrent: 1 } });
    await using _ = host;
    void call(1000);
    const late = call(100);
    clock.advance(100);
    expect(await soFar(late)).toBe('PLUGIN_1204');
    expect(host.manager.getPlugin('auth')?.queued).toBe(0);
    clock.advance(100);
    await aTurn();
    expect(remaining).toEqual([1000]);
  });

  it('while the plugin is started', async () => {
    const clock = new ManualClock();
    const puppet = new Puppet();
    let started = (): void => {};
    puppet.onStart = () => new Promise((resolve) => (started = resolve));
    const remaining: number[] = [];
    puppet.answer = ({ remainingMs }) => void remaining.push(remainingMs);
    await using host = await managed(
      Simple<string, unknown>().withClock(clock).withPlugin('lazy', puppet, { start: 'lazy' }).build(),
    );
    const call = host.manager.execute('lazy', 'hello', { timeoutMs: 300 });
    await aTurn(); // until it is being started
    clock.advance(120);
    started();
    await call;
    expect(remaining).toEqual([180]);
  });
});

it('calls that end while they wait give back every slot, whatever ended them', async () => {
  const { clock, host, call } = await slowHost({ concurrency: { maxConcurrent: 3, maxQueue: 100 } });
  await using _ = host;
  const calls = Array.from({ length: 60 }, (_each, at) => call(at % 2 === 0 ? 60 : 3000));
  const codes = calls.map(async (one) => one.then(() => 'answered').catch(() => 'late'));
  for (let passed = 0; passed < 3000; passed += 10) {
    clock.advance(10);
    await aTurn();
  }
  expect(new Set(await Promise.all(codes))).toEqual(new Set(['answered', 'late']));
  const fresh = [call(1000), call(1000), call(1000)];
  clock.advance(200);
  expect(await Promise.all(fresh.map(soFar))).toEqual(['answered', 'answered', 'answered']);
});
