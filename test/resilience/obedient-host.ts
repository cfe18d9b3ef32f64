import { PluginError, Simple, type PluginSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { answering } from '../manager/plugins.ts';
import { aTurn } from '../manager/so-far.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { endOnClock } from './on-manual-clock.ts';

/** A plugin that does what it is asked: answers, fails for good, fails for now, or hangs until it is let go. */
export async function obedientHost(settings: PluginSettings<never>) {
  const clock = new ManualClock();
  const held: (() => void)[] = [];
  let asked = 0;
  const obedient = answering<string, string>((deed) => {
    asked++;
    if (deed === 'break') throw new Error('broken');
    if (deed === 'busy') throw new PluginError('PLUGIN_1212', { message: 'busy' });
    return deed === 'hold' ? new Promise((resolve) => void held.push(() => resolve(deed))) : deed;
  });
  const { manager, ...running } = await managed(
    Simple<string, string>()
      .withClock(clock)
      .withMetrics()
      .withPlugin('auth', inProcess(obedient), settings)
      .build(),
  );
  const host = { manager, [Symbol.asyncDispose]: () => endOnClock(running, clock) };
  const call = (deed: string, options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<string> => {
    const answer = manager.execute('auth', deed, options);
    answer.catch(() => {});
    return answer;
  };
  const breaker = (): string | undefined => manager.getPlugin('auth')?.instances[0]?.breaker;
  return { clock, host, call, breaker, asked: () => asked, letGo: () => held.shift()?.() };
}

/** Waits without chance, and as many retries as are wanted. */
export const exact = { jitter: 0, initialDelayMs: 100, multiplier: 1, budgetRatio: 10 };

/** Lets time pass, and what it sets off happen, step by step. */
export async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    await aTurn();
    clock.advance(50);
  }
  await aTurn();
}
