import { isDeepStrictEqual } from 'node:util';

import type { ResolvedSettings } from '../config/settings.ts';
import type { PluginRecorder } from '../core/metrics.ts';
import type { CallParts } from '../resilience/call-parts.ts';
import { ConcurrencyLimit } from '../resilience/concurrency.ts';
import { RejectingLimiter, type RateLimiter } from '../resilience/rate-limiter.ts';
import { RetryBudget } from '../resilience/retry-budget.ts';
import { sharedLimiter } from '../resilience/shared-limiter.ts';
import { waitingLimiter } from '../resilience/waiting-limiter.ts';
import type { Shared } from './shared.ts';

/** The policies of one plugin, and the settings they were made from. */
export interface Policies {
  readonly settings: ResolvedSettings;
  readonly parts: Omit<CallParts, 'tally' | 'route' | 'mustReroute' | 'transport'>;
}

/**
 * The policies that a plugin's settings turn on. Where a limit stays as it was, its tokens, slots and waiting calls
 * stay too; what is left of the retry budget stays in any case.
 * @throws {PluginError} `CONFIG_1703` if one of them needs a package that is not installed.
 */
export async function policiesOf(
  plugin: string,
  settings: ResolvedSettings,
  shared: Shared,
  recorder: PluginRecorder | undefined,
  before: Policies | undefined,
): Promise<Policies> {
  const { concurrency, retry, timeoutMs, rateLimit } = settings;
  const sameRate = before !== undefined && isSameRate(before.settings.rateLimit, rateLimit);
  const sameSlots = before !== undefined && isDeepStrictEqual(before.settings.concurrency, concurrency);
  const parts = {
    plugin,
    contract: shared.contract,
    timeoutMs,
    limiter: sameRate ? before.parts.limiter : await limiterOf(plugin, settings, shared, recorder),
    concurrency: sameSlots ? before.parts.concurrency : concurrency && new ConcurrencyLimit(concurrency),
    retry,
    budget: budgetOf(retry.budgetRatio, before),
    recorder,
    tracing: shared.tracing,
    clock: shared.clock,
    deadlines: shared.deadlines,
  };
  return { settings, parts };
}

function budgetOf(ratio: number, before: Policies | undefined): RetryBudget {
  return before?.settings.retry.budgetRatio === ratio
    ? before.parts.budget
    : new RetryBudget(ratio, before?.parts.budget);
}

/** Clients are the same only if they are one and the same. */
function isSameRate(a: ResolvedSettings['rateLimit'], b: ResolvedSettings['rateLimit']): boolean {
  if (a?.shared?.client !== b?.shared?.client) return false;
  const withoutClient = (limit: typeof a): unknown => ({
    ...limit,
    shared: { ...limit?.shared, client: undefined },
  });
  return isDeepStrictEqual(withoutClient(a), withoutClient(b));
}

async function limiterOf(
  plugin: string,
  settings: ResolvedSettings,
  shared: Shared,
  recorder: PluginRecorder | undefined,
): Promise<RateLimiter | undefined> {
  const { rateLimit } = settings;
  if (rateLimit === undefined) return undefined;
  if (rateLimit.shared !== undefined) {
    const logger = shared.pluginLogger(plugin, () => settings.logLevel);
    const policy = { ...rateLimit, ...rateLimit.shared };
    return sharedLimiter(policy, plugin, { ...shared, logger, recorder });
  }
  if (rateLimit.onLimit === 'wait') return waitingLimiter(rateLimit, plugin, shared);
  return new RejectingLimiter(rateLimit, plugin, shared);
}
