import type { Clock } from '../../src/core/clock.ts';
import type { Wire } from '../wire/messages.ts';
import { within } from '../wire/within.ts';
import type { Child } from './child.ts';

/** A crash closes the channel a moment before the exit is known; a plugin that only closed it is ended after this. */
export const closedButAliveMs = 500;

/** A plugin that has said goodbye gets this long to close and to end by itself. */
export const goodbyeMs = 1000;

/** How much time each step of an end may take. */
export interface StopOptions {
  readonly clock: Clock;
  /** For running calls to end. */
  readonly timeoutMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly killTimeoutMs: number;
}

/** Ends a child: it is asked, its channel ends, SIGTERM, SIGKILL; each step only if the one before did not do. */
export async function stopChild(
  child: Child,
  wire: Pick<Wire, 'end'>,
  session: { shutdown(timeoutMs: number): Promise<void> } | undefined,
  options: StopOptions,
): Promise<void> {
  const { clock, timeoutMs, killTimeoutMs } = options;
  if (session !== undefined && timeoutMs > 0) {
    const agreed = session.shutdown(timeoutMs).catch(() => {});
    await within(clock, timeoutMs, Promise.race([agreed, child.exited]));
  }
  wire.end();
  child.stdin.end();
  if (timeoutMs > 0 && (await within(clock, goodbyeMs, child.exited))) return;
  child.signal('SIGTERM');
  if (await within(clock, killTimeoutMs, child.exited)) return;
  child.signal('SIGKILL');
  await child.exited;
}
