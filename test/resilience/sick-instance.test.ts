import { describe, expect, it } from 'vitest';
import { PluginError } from 'plugboard';
import { aTurn, soFar } from '../manager/so-far.ts';
import { setOf } from './instance-set.ts';

describe('a sick instance', () => {
  const breaker = { circuitBreaker: { recoveryTimeoutMs: 50, successThreshold: 1 } };

  /** Two instances, the first of which fails until it is told to be well. */
  async function sickSet() {
    const { host, call, started, puppet } = await setOf(2, breaker);
    let isSick = true;
    const [first] = puppet.channels;
    if (first === undefined) throw new Error('two were started');
    first.call = () => {
      if (isSick) throw new PluginError('PLUGIN_1203', { message: 'sick' });
      return 0;
    };
    const breakers = (): unknown[] =>
      host.manager.getPlugin('auth')?.instances.map((one) => one.breaker) ?? [];
    /** Resolves when the first instance's breaker is in a state. */
    const until = (state: string): Promise<void> =>
      new Promise((resolve) => {
        const undo = host.manager.on('breaker', ({ instance, to }) => {
          if (instance !== 0 || to !== state) return;
          undo();
          resolve();
        });
      });
    return { host, call, started, breakers, until, heal: () => (isSick = false) };
  }

  it('leaves the rotation by its own breaker; the other one goes on', async () => {
    const { host, call, breakers } = await sickSet();
    await using _ = host;
    const codes = await Promise.all(Array.from({ length: 20 }, async () => soFar(call())));
    expect(codes.filter((code) => code === 'PLUGIN_1203')).toHaveLength(5);
    expect(breakers()).toEqual(['open', 'closed']);
  });

  it('comes back by a probe', async () => {
    const { host, call, started, breakers, until, heal } = await sickSet();
    await using _ = host;
    const halfOpen = until('half-open');
    for (let number = 0; number < 20; number++) await soFar(call());
    const before = started()[0] ?? 0;
    heal();
    await halfOpen;
    const closed = until('closed');
    await call();
    await call();
    await closed;
    expect(breakers()).toEqual(['closed', 'closed']);
    for (let number = 0; number < 20; number++) await call();
    expect((started()[0] ?? 0) - before).toBeGreaterThanOrEqual(10);
  });

  it('stays out while its probes fail, and costs one call for each', async () => {
    const { host, call, breakers, until } = await sickSet();
    await using _ = host;
    const halfOpen = until('half-open');
    for (let number = 0; number < 20; number++) await soFar(call());
    await halfOpen;
    const codes: string[] = [];
    for (let number = 0; number < 10; number++) codes.push(await soFar(call()));
    expect(codes.filter((code) => code !== 'answered')).toEqual(['PLUGIN_1203']);
    expect(breakers()).toEqual(['open', 'closed']);
  });

  it('costs no call where retries are on', async () => {
    const { host, puppet, clock } = await setOf(2, {
      ...breaker,
      retry: { initialDelayMs: 0, budgetRatio: 10 },
    });
    await using _ = host;
    const [first] = puppet.channels;
    if (first === undefined) throw new Error('two were started');
    first.call = () => {
      throw new PluginError('PLUGIN_1212', { message: 'sick', retryable: true });
    };
    for (let number = 0; number < 100; number++) {
      const call = host.manager.execute('auth', 'hello');
      await aTurn();
      clock.advance(0);
      expect(await soFar(call)).toBe('answered');
    }
  });

  it('makes the whole plugin refuse only when all of them are sick', async () => {
    const sick = (): never => {
      throw new PluginError('PLUGIN_1203', { message: 'sick' });
    };
    const { host, call } = await setOf(2, { circuitBreaker: {} }, sick);
    await using _ = host;
    const codes: string[] = [];
    for (let number = 0; number < 12; number++) codes.push(await soFar(call()));
    expect(codes).toEqual([...Array<string>(10).fill('PLUGIN_1203'), 'CIRCUIT_1401', 'CIRCUIT_1401']);
  });
});

it('an instance that says it is unhealthy gets no calls until it is well, without a breaker too', async () => {
  const healthCheck = { intervalMs: 1000, timeoutMs: 1000, failureLimit: 9 };
  const { clock, host, puppet, call, started } = await setOf(2, { healthCheck });
  await using _ = host;
  const [first] = puppet.channels;
  if (first === undefined) throw new Error('two were started');
  let status = 'unhealthy';
  first.health = (async () => ({ status })) as typeof first.health;
  clock.advance(1000);
  await aTurn();
  for (let number = 0; number < 20; number++) expect(await call()).toBe(1);
  status = 'healthy';
  clock.advance(1000);
  await aTurn();
  for (let number = 0; number < 20; number++) await call();
  expect(started()[0]).toBe(10);
});
