import { describe, expect, it } from 'vitest';
import { PluginError, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { RetryBudget } from '../../src/resilience/retry-budget.ts';
import { answering } from '../manager/plugins.ts';
import { managed } from '../support/managed.ts';

/** How many retries may be made now. */
function spend(budget: RetryBudget): number {
  for (let retries = 0; ; retries++) if (!budget.withdraw()) return retries;
}

describe('a retry budget', () => {
  it('has 100 retries for a plugin that was quiet, and no more saved up', () => {
    const budget = new RetryBudget(0.2);
    for (let call = 0; call < 1000; call++) budget.deposit();
    expect(spend(budget)).toBe(100);
  });

  it('gets one back for every five calls', () => {
    const budget = new RetryBudget(0.25);
    spend(budget);
    for (let call = 0; call < 20; call++) budget.deposit();
    expect(spend(budget)).toBe(5);
  });

  it('with a share of 0 has only what it began with', () => {
    const budget = new RetryBudget(0);
    expect(spend(budget)).toBe(100);
    for (let call = 0; call < 1000; call++) budget.deposit();
    expect(spend(budget)).toBe(0);
  });
});

/** A plugin that fails as a whole, and how often it was asked. */
async function stormHost(budgetRatio?: number) {
  let asked = 0;
  const down = answering<string, string>(() => {
    asked++;
    throw new PluginError('PLUGIN_1212', { message: 'busy' });
  });
  const retry = { initialDelayMs: 0, ...(budgetRatio !== undefined && { budgetRatio }) };
  const host = await managed(Simple<string, string>().withPlugin('down', inProcess(down), { retry }).build());
  return { host, asked: () => asked };
}

describe('when a plugin fails as a whole', () => {
  it('retries add a fifth to its load, not three times its load', async () => {
    const { host, asked } = await stormHost();
    await using _ = host;
    for (let call = 0; call < 1000; call++) await host.manager.execute('down', 'hello').catch(() => {});
    // 1,000 calls, a retry for every five, and the 100 that were saved up
    expect(asked()).toBeGreaterThanOrEqual(1200);
    expect(asked()).toBeLessThanOrEqual(1300);
  });

  it('a call that finds no budget fails with what it has, and says so', async () => {
    const { host, asked } = await stormHost(0);
    await using _ = host;
    for (let call = 0; call < 40; call++) await host.manager.execute('down', 'hello').catch(() => {});
    const before = asked();
    await expect(host.manager.execute('down', 'hello')).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      retryable: true,
      context: { attempts: 1, lastCode: 'PLUGIN_1212' },
      rawMessage: 'failed after 1 attempt and no retry budget left, at last with PLUGIN_1212: busy',
    });
    expect(asked()).toBe(before + 1);
  });

  it.each([0, 0.2])(
    'other settings, a share of %d among them, give it no new reserve',
    async (budgetRatio) => {
      const { host, asked } = await stormHost(0);
      await using _ = host;
      for (let call = 0; call < 40; call++) await host.manager.execute('down', 'hello').catch(() => {});
      const before = asked();
      await host.manager.reconfigure('down', { timeoutMs: 900, retry: { initialDelayMs: 0, budgetRatio } });
      for (let call = 0; call < 4; call++) await host.manager.execute('down', 'hello').catch(() => {});
      expect(asked() - before).toBe(4);
    },
  );

  it('one plugin’s storm takes nothing from another’s budget', async () => {
    const { host } = await stormHost(0);
    await using _ = host;
    for (let call = 0; call < 20; call++) await host.manager.execute('down', 'hello').catch(() => {});
    let asked = 0;
    const shaky = answering<string, string>((text) => {
      if (++asked % 2 === 1) throw new PluginError('PLUGIN_1212', { message: 'busy' });
      return text;
    });
    const manager = await host.manager.register('shaky', inProcess(shaky), { retry: { initialDelayMs: 0 } });
    expect(await manager.execute('shaky', 'hello')).toBe('hello');
  });
});
