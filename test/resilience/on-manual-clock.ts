import type { ManualClock } from '../support/manual-clock.ts';
import { aTurn } from '../manager/so-far.ts';

/** Ends a host whose time stands still: its calls and timers get the time that they wait for. */
export async function endOnClock(host: AsyncDisposable, clock: ManualClock): Promise<void> {
  const progress = { ended: false };
  const ending = Promise.resolve(host[Symbol.asyncDispose]()).finally(() => (progress.ended = true));
  ending.catch(() => {}); // awaited below
  await aTurn();
  while (!progress.ended) {
    clock.advance(100);
    await aTurn();
  }
  await ending;
}
