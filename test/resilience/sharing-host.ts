import { Redis } from 'ioredis';
import { Simple, type RateLimitSettings } from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { loud } from '../manager/plugins.ts';
import { aTurn, soFar } from '../manager/so-far.ts';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import type { RedisServer } from './redis-server.ts';

export const away = 'the shared rate limit is out of reach; this host limits itself';
export const back = 'the shared rate limit is back';

/** A client that comes back quickly, as long as it is wanted. */
export async function clientOf({ port }: RedisServer) {
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20 });
  client.on('error', () => {}); // what a lost connection means is what the tests are about
  await client.ping();
  return { client, [Symbol.dispose]: () => client.disconnect() };
}

/** A host whose plugin shares its limit through a client. */
export async function sharingHost(client: object, rateLimit: RateLimitSettings = {}, timeoutMs = 5000) {
  const log = new MemoryLogger();
  const host = await managed(
    Simple<string, string>()
      .withLogger(log)
      .withMetrics()
      .withPlugin('auth', inProcess(loud), {
        rateLimit: {
          requestsPerSecond: 5,
          timeWindowMs: 60_000,
          burstSize: 3,
          ...rateLimit,
          shared: { client, timeoutMs },
        },
      })
      .build(),
  );
  const call = (): Promise<string> => host.manager.execute('auth', 'hello');
  /** How many of so many calls at once are let through. */
  const admitted = async (calls: number): Promise<number> => {
    const ended = await Promise.allSettled(Array.from({ length: calls }, call));
    return ended.filter(({ status }) => status === 'fulfilled').length;
  };
  /** Calls until one of them has found that the store is back. */
  const isBack = async (): Promise<void> => {
    while (log.named(back).length === 0) {
      await admitted(1);
      await aTurn();
    }
  };
  const alone = (): number | undefined => host.manager.metrics()?.plugins['auth']?.limitedLocally;
  const outages = (): number | undefined => host.manager.metrics()?.plugins['auth']?.sharedLimitOutages;
  return { host, log, call, admitted, isBack, alone, outages };
}

/** What became of a call in the end. */
export async function soFarDone(call: Promise<unknown>): Promise<string> {
  await call.catch(() => {});
  return soFar(call);
}
