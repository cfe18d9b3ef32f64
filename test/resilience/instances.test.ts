import { describe, expect, it } from 'vitest';
import { PluginError, Simple } from 'plugboard';
import { Puppet } from '../manager/puppet.ts';
import { aTurn } from '../manager/so-far.ts';
import { managed } from '../support/managed.ts';
import { setOf } from './instance-set.ts';

describe('several instances of a plugin', () => {
  it('are started side by side, and seen one by one', async () => {
    const { host, puppet } = await setOf(3);
    await using _ = host;
    expect(puppet.starts).toBe(3);
    expect(host.manager.getPlugin('auth')?.instances).toMatchObject(
      Array.from({ length: 3 }, () => ({ restarts: 0, breaker: undefined, state: { status: 'ready' } })),
    );
  });

  it('are all stopped again when one of them does not start', async () => {
    const puppet = new Puppet();
    puppet.onStart = () =>
      puppet.starts === 2 ? Promise.reject(new Error('there is no second')) : Promise.resolve();
    await using host = await managed(Simple<string, number>().build());
    await expect(host.manager.register('auth', puppet, { instances: 3 })).rejects.toMatchObject({
      code: 'REGISTRY_1907',
      rawMessage: 'there is no second',
    });
    expect(puppet.channels.map(({ closedWithMs }) => closedWithMs)).toEqual([0, 0]);
  });

  it('share the calls that run: each goes to the one with the fewest', async () => {
    const { host, call, active, letGo } = await setOf(3);
    await using _ = host;
    for (let number = 0; number < 9; number++) void call('hold');
    expect(active()).toEqual([3, 3, 3]);
    letGo(); // the first call of the first instance
    await aTurn();
    expect(active()).toEqual([2, 3, 3]);
    void call('hold');
    expect(active()).toEqual([3, 3, 3]);
  });

  it('take turns with calls that come one after the other', async () => {
    const { host, call } = await setOf(3);
    await using _ = host;
    const answers: number[] = [];
    for (let number = 0; number < 9; number++) answers.push(await call());
    expect(answers).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  it('heed no weights unless the spread is weighted', async () => {
    const { host, call, started } = await setOf({ count: 2, weights: [9, 1] });
    await using _ = host;
    for (let number = 0; number < 100; number++) await call();
    expect(started()).toEqual([50, 50]);
  });
});

describe('weighted instances', () => {
  it.each([
    [
      [3, 1],
      [300, 100],
    ],
    [
      [1, 1, 2],
      [100, 100, 200],
    ],
    [
      [0.5, 1.5],
      [100, 300],
    ],
  ])('with the weights %j get their share of calls one after the other', async (weights, shares) => {
    const { host, call, started } = await setOf({ count: weights.length, spread: 'weighted', weights });
    await using _ = host;
    for (let number = 0; number < 400; number++) await call();
    expect(started()).toEqual(shares);
  });

  it('get their share of calls that run at once, too', async () => {
    const { host, call, active } = await setOf({ count: 3, spread: 'weighted', weights: [5, 3, 2] });
    await using _ = host;
    for (let number = 0; number < 100; number++) void call('hold');
    expect(active()).toEqual([50, 30, 20]);
  });

  it('get their share at any moment, not in lumps', async () => {
    const { host, call } = await setOf({ count: 2, spread: 'weighted', weights: [2, 1] });
    await using _ = host;
    const answers: number[] = [];
    for (let number = 0; number < 9; number++) answers.push(await call());
    expect(answers.join('')).toMatch(/^(001|010|100){3}$/);
  });

  it('hand the calls of one that is down to the others, in their proportion', async () => {
    const { host, call, puppet, started } = await setOf({ count: 3, spread: 'weighted', weights: [2, 1, 1] });
    await using _ = host;
    await puppet.channels[0]?.crash();
    for (let number = 0; number < 100; number++) await call();
    expect(started()).toEqual([0, 50, 50]);
  });

  it('without weights share alike', async () => {
    const { host, call, started } = await setOf({ count: 4, spread: 'weighted' });
    await using _ = host;
    for (let number = 0; number < 400; number++) await call();
    expect(started()).toEqual([100, 100, 100, 100]);
  });
});

describe('an instance that ended', () => {
  it('gets no calls until it is back', async () => {
    const { clock, host, call, puppet, started } = await setOf(2);
    await using _ = host;
    await puppet.channels[0]?.crash();
    for (let number = 0; number < 20; number++) expect(await call()).toBe(1);
    expect(host.manager.getPlugin('auth')?.state.status).toBe('ready');
    clock.advance(1000);
    await aTurn();
    for (let number = 0; number < 20; number++) await call();
    expect(started()[0]).toBe(10);
  });

  it('fails its running calls, which go elsewhere where retries are on', async () => {
    const { clock, host, puppet } = await setOf(2, { retry: { jitter: 0 } });
    await using _ = host;
    const [sick, well] = puppet.channels;
    if (sick === undefined || well === undefined) throw new Error('two were started');
    let fall = (): void => {};
    sick.call = () =>
      new Promise((_resolve, reject) => {
        fall = () => reject(new PluginError('PLUGIN_1205', { message: 'it fell over.' }));
      });
    well.call = () => 7;
    const calls = [host.manager.execute('auth', 'hello'), host.manager.execute('auth', 'hello')];
    fall();
    await sick.crash();
    clock.advance(100);
    expect(await Promise.all(calls)).toEqual([7, 7]);
    expect(host.manager.getPlugin('auth')?.calls).toEqual({ started: 2, succeeded: 2, failed: 0, active: 0 });
  });

  it('is asked all the same when there is no other, and says why it cannot', async () => {
    const { host, call, puppet } = await setOf(2);
    await using _ = host;
    for (const channel of puppet.channels) await channel.crash();
    await expect(call()).rejects.toMatchObject({ code: 'PLUGIN_1205', retryAfterMs: 1000 });
    expect(host.manager.getPlugin('auth')?.state.status).toBe('restarting');
  });
});

it('what instances count adds up to what was sent to them, though calls wait for a slot', async () => {
  const { host, call, letGo } = await setOf(2, { concurrency: { maxConcurrent: 1 } });
  await using _ = host;
  const calls = Array.from({ length: 10 }, () => call('hold'));
  for (let left = calls.length; left > 0; left--) {
    letGo();
    await aTurn();
  }
  await Promise.all(calls);
  const counts = host.manager.getPlugin('auth')?.instances.map((instance) => instance.calls) ?? [];
  expect(counts.reduce((sum, { started }) => sum + started, 0)).toBe(10);
  expect(counts.reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
});
