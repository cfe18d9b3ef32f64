import { describe, expect, it } from 'vitest';
import type { PluginSettings } from 'plugboard';
import { managed } from '../support/managed.ts';
import { pidOf, stateOf, until } from '../support/processes.ts';
import { bee, bees } from './bees.ts';
import { callers } from './callers.ts';

/** Two instances under constant load, with retries; `hurt` harms one of them and waits until it is back. */
async function underLoad(
  times: number,
  hurt: (pid: number) => Promise<void>,
  checks: PluginSettings<never> = {},
) {
  const settings = {
    instances: 2,
    retry: { initialDelayMs: 5, budgetRatio: 10, attemptTimeoutMs: 2000 },
    restart: { initialDelayMs: 5, maxDelayMs: 5, maxRestarts: 100 },
    ...checks,
  };
  await using host = await managed(bees.withPlugin('bee', bee(), settings).build());
  const { manager } = host;
  const load = callers(16, (name, ask) => manager.execute(name, ask));
  const allRun = (): boolean =>
    manager.getPlugin('bee')?.instances.every(({ pid }) => pid !== undefined) === true;
  for (let time = 0; time < times; time++) {
    await until(allRun);
    const back = host.next('bee', 'ready');
    await hurt(pidOf(manager.getPlugin('bee')?.instances[time % 2]));
    await back;
  }
  const { calls, failures } = await load.stop();
  const { calls: counts, restarts, instances } = manager.getPlugin('bee') ?? {};
  return { calls, failures, counts, restarts, states: instances?.map(({ state }) => state.status) };
}

describe('with two instances and retries no call fails', () => {
  it('though one of them is killed, again and again', async () => {
    const end = await underLoad(10, async (pid) => void process.kill(pid, 'SIGKILL'));
    expect(end.failures).toEqual([]);
    expect(end).toMatchObject({ restarts: 10, states: ['ready', 'ready'] });
    expect(end.counts).toEqual({ started: end.calls, succeeded: end.calls, failed: 0, active: 0 });
  });

  it('though one of them hangs, until its health checks end it', async () => {
    const stop = async (pid: number): Promise<void> => {
      process.kill(pid, 'SIGSTOP');
      await until(() => stateOf(pid) === 'T');
    };
    // On a busy machine one that is well may take its time, too.
    const healthCheck = { intervalMs: 500, timeoutMs: 500, failureLimit: 2 };
    const end = await underLoad(3, stop, { healthCheck });
    expect(end.failures).toEqual([]);
    expect(end).toMatchObject({ restarts: 3, states: ['ready', 'ready'] });
  });

  it('though one of them is killed with many calls in flight', async () => {
    const settings = { instances: 2, retry: { initialDelayMs: 5 } };
    await using host = await managed(bees.withPlugin('bee', bee(), settings).build());
    const { manager } = host;
    const ids = Array.from({ length: 100 }, (_each, id) => id);
    const calls = ids.map((id) => manager.execute('bee', { id, ms: 50 }));
    process.kill(pidOf(manager.getPlugin('bee')?.instances[0]), 'SIGKILL');
    expect((await Promise.all(calls)).map(({ id }) => id)).toEqual(ids);
  });
});
