import type { ResolvedSettings } from '../config/settings.ts';
import { withFields } from '../core/logger.ts';
import type { CallParts } from '../resilience/call-parts.ts';
import { ConcurrencyLimit } from '../resilience/concurrency.ts';
import { RejectingLimiter, type RateLimiter } from '../resilience/rate-limiter.ts';
import { RetryBudget } from '../resilience/retry-budget.ts';
import { sharedLimiter } from '../resilience/shared-limiter.ts';
import { waitingLimiter } from '../resilience/waiting-limiter.ts';
import type { Shared } from './shared.ts';

type Policies = Omit<CallParts, 'route' | 'mustReroute' | 'recorder'>;

/**
 * The policies that a plugin's settings turn on.
 * @throws {PluginError} `CONFIG_1703` if one of them needs a package that is not installed.
 */
export async function policiesOf(
  plugin: string,
  settings: ResolvedSettings,
  shared: Shared,
): Promise<Policies> {
  const { concurrency, retry, timeoutMs } = settings;
  return {
    plugin,
    contract: shared.contract,
    timeoutMs,
    limiter: await limiterOf(plugin, settings, shared),
    concurrency: concurrency && new ConcurrencyLimit(concurrency),
    retry,
    budget: new RetryBudget(retry.budgetRatio),
    clock: shared.clock,
    deadlines: shared.deadlines,
  };
}

async function limiterOf(
  plugin: string,
  settings: ResolvedSettings,
  shared: Shared,
): Promise<RateLimiter | undefined> {
  const { rateLimit } = settings;
  const { clock, logger } = shared;
  if (rateLimit === undefined) return undefined;
  if (rateLimit.shared !== undefined) {
    return sharedLimiter(
      { ...rateLimit, ...rateLimit.shared },
      plugin,
      clock,
      withFields(logger, { plugin }),
    );
  }
  if (rateLimit.onLimit === 'wait') return waitingLimiter(rateLimit, plugin, clock);
  return new RejectingLimiter(rateLimit, plugin, clock);
}
