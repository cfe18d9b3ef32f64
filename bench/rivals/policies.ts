import Bottleneck from 'bottleneck';
import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import Opossum from 'opossum';
import PQueue from 'p-queue';

type Ask<T> = (request: T) => Promise<T>;

/** cockatiel's policies around a function, set as ours are by default; its time-out ends a call as ours does. */
export function cockatiel<T>(ask: Ask<T>): Ask<T> {
  const policy = wrap(
    retry(handleAll, {
      maxAttempts: 3,
      backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 5000 }),
    }),
    circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) }),
    timeout(10_000, TimeoutStrategy.Aggressive),
    bulkhead(100, 1000),
  );
  return (request) => policy.execute(() => ask(request));
}

/** opossum around a function, with its own time-out off and on. */
export function opossum<T>(ask: Ask<T>, timeoutMs: number | false): Ask<T> & { readonly close: () => void } {
  const breaker = new Opossum(ask, { timeout: timeoutMs, rollingPercentilesEnabled: false });
  return Object.assign((request: T) => breaker.fire(request), { close: () => breaker.shutdown() });
}

/** p-queue around a function, as wide as our concurrency limit is by default. */
export function pQueue<T>(ask: Ask<T>): Ask<T> {
  const queue = new PQueue({ concurrency: 100 });
  return (request) => queue.add(() => ask(request));
}

/** bottleneck around a function, with a reservoir that does not run dry. */
export function bottleneck<T>(ask: Ask<T>): Ask<T> {
  const limiter = new Bottleneck({ maxConcurrent: 100, highWater: 1000, reservoir: 1_000_000_000 });
  return (request) => limiter.schedule(() => ask(request));
}
