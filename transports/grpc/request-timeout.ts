import type { Clock } from '../../src/core/clock.ts';
import { isPluginError, PluginError } from '../../src/core/errors.ts';
import type { ChannelCall } from '../../src/core/transport.ts';
import { LimitedCall } from './limited-call.ts';

/** How long a request of one plugin may take. */
export interface RequestLimit {
  readonly plugin: string;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

/**
 * Asks with a deadline that is sooner than the caller's, and tells the plugin when it has passed.
 * @throws {PluginError} `PLUGIN_1204`, which may be repeated: it is one request that took too long, not the call.
 */
export async function askWithin(
  { plugin, requestTimeoutMs, clock }: RequestLimit,
  call: ChannelCall,
  ask: (call: ChannelCall) => unknown,
): Promise<unknown> {
  const late = (): PluginError => {
    const message = `its server did not answer a request within ${requestTimeoutMs} ms. Raise requestTimeoutMs of its connection, or find out why it is slow.`;
    return new PluginError('PLUGIN_1204', { plugin, hook: call.hook, message, retryable: true });
  };
  const limited = new LimitedCall(call, requestTimeoutMs);
  let stop = (): void => {};
  const isLate = new Promise<never>((_resolve, reject) => {
    const timer = clock.startTimer(requestTimeoutMs, () => {
      const error = late();
      limited.onCancel?.(error);
      reject(error);
    });
    stop = () => timer.cancel();
  });
  call.onCancel = (reason) => {
    stop();
    limited.onCancel?.(reason);
  };
  try {
    return await Promise.race([ask(limited), isLate]);
  } catch (error) {
    throw isDeadline(error) ? late() : error;
  } finally {
    stop();
  }
}

/** The library has the same deadline, and may see it first. */
function isDeadline(error: unknown): boolean {
  return isPluginError(error) && error.context?.['grpcStatus'] === 'DEADLINE_EXCEEDED';
}
