import type { Client } from '@grpc/grpc-js';

import type { Clock } from '../../src/core/clock.ts';
import { ignoreAnswer } from './host-streams.ts';
import { goPluginMethods } from './messages.ts';
import { within } from '../subprocess/stop.ts';

/** A plugin that runs. */
export interface Running {
  /** Resolves when its process is gone. */
  readonly gone: Promise<unknown>;
  /** Ends it at once. */
  kill(): void;
}

/**
 * Ends a plugin as go-plugin's hosts do: it is told by its controller, and ended by force if it does not end in time.
 * Says whether it ended by itself. A plugin in Go ends before it has answered, so the answer says nothing.
 */
export async function endGoPlugin(
  running: Running,
  client: Client,
  killTimeoutMs: number,
  clock: Clock,
): Promise<boolean> {
  const { path, requestSerialize, responseDeserialize } = goPluginMethods.shutdown;
  client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, ignoreAnswer);
  const hasEnded = await within(clock, killTimeoutMs, running.gone);
  client.close();
  if (!hasEnded) running.kill();
  await running.gone;
  return hasEnded;
}
