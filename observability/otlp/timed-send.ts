import type { Clock } from '../../src/core/clock.ts';
import type { Outcome, Sender } from './sender.ts';

/** OTLP's own default for one export, in milliseconds. */
const sendTimeoutMs = 10_000;

/** Sends, and gives up when the time of one export or the sender's whole time is over. */
export async function timedSend(
  sender: Sender,
  body: Uint8Array,
  clock: Clock,
  end: AbortSignal,
): Promise<Outcome> {
  if (end.aborted) return { status: 'later', afterMs: 0, why: 'the time to send is over' };
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  const timer = clock.startTimer(sendTimeoutMs, stop);
  timer.keepAlive(false);
  end.addEventListener('abort', stop, { once: true });
  try {
    return await sender.send(body, abort.signal);
  } finally {
    timer.cancel();
    end.removeEventListener('abort', stop);
  }
}
