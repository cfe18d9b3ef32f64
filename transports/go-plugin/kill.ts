import type { Client } from '@grpc/grpc-js';

import type { Clock } from '../../src/core/clock.ts';
import { within } from '../wire/within.ts';
import { ignoreAnswer } from './host-streams.ts';
import { goPluginMethods } from './messages.ts';

/**
 * Tells a plugin to end, by its controller, and says whether it did so in time. A plugin in Go ends before it has
 * answered, so the answer says nothing.
 */
export async function tellToEnd(
  client: Client,
  gone: Promise<unknown>,
  killTimeoutMs: number,
  clock: Clock,
): Promise<boolean> {
  const { path, requestSerialize, responseDeserialize } = goPluginMethods.shutdown;
  client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, ignoreAnswer);
  return within(clock, killTimeoutMs, gone);
}
