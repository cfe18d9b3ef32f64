import { callMetrics } from '../../observability/call-metrics.ts';
import type { PluginSettings } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import type { Contract, WholeMap } from '../core/contract.ts';
import { isPluginError, PluginError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { CallMetrics } from '../core/metrics.ts';
import type { PluginSource } from '../core/transport.ts';
import type { ServiceFunction } from '../manager/entry.ts';
import { Manager, type Registration } from '../manager/manager.ts';
import type { Builder } from './types.ts';

/** What a builder has been told, as plain data. */
export interface Plan {
  readonly contract: Contract;
  readonly plugins: readonly Registration[];
  readonly services: Readonly<Record<string, ServiceFunction>>;
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly metrics: boolean;
  readonly clock: Clock | undefined;
}

/** The builder without the types it gathers; `asBuilder` is the one place where the two meet. */
class PlanBuilder {
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  withPlugin(name: string, source: PluginSource, settings: PluginSettings = {}): PlanBuilder {
    return this.#with({ plugins: [...this.#plan.plugins, { name, source, settings }] });
  }

  withServices(services: Record<string, ServiceFunction>): PlanBuilder {
    return this.#with({ services: { ...this.#plan.services, ...services } });
  }

  withTimeout(timeoutMs: number): PlanBuilder {
    if (timeoutMs > 0) return this.#with({ timeoutMs });
    throw new PluginError('CONFIG_1703', {
      message: `a timeout of ${timeoutMs} ms is over before it begins. Give more than 0.`,
    });
  }

  withLogger(logger: Logger): PlanBuilder {
    return this.#with({ logger });
  }

  withMetrics(): PlanBuilder {
    return this.#with({ metrics: true });
  }

  withClock(clock: Clock): PlanBuilder {
    return this.#with({ clock });
  }

  build(): Promise<Manager> {
    return build(this.#plan);
  }

  #with(change: Partial<Plan>): PlanBuilder {
    return new PlanBuilder({ ...this.#plan, ...change });
  }
}

/** A typed builder over a plan. The assertion is the price of types that grow with each call. */
export function asBuilder<A, B = WholeMap>(plan: Plan): Builder<A, B> {
  return new PlanBuilder(plan) as unknown as Builder<A, B>;
}

async function build(plan: Plan): Promise<Manager> {
  const { contract, services, timeoutMs, logger, clock } = plan;
  const metrics: CallMetrics | undefined = plan.metrics ? callMetrics() : undefined;
  const manager = new Manager({ contract, services, timeoutMs, logger, clock, metrics });
  const results = await Promise.allSettled(
    plan.plugins.map((plugin) => manager.register(plugin.name, plugin.source, plugin.settings)),
  );
  const errors = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (errors.length === 0) return manager;
  await manager.shutdown({ timeoutMs: 0 });
  throw failedBuild(errors);
}

function failedBuild(errors: readonly unknown[]): PluginError {
  const lines = errors.map((error) => `\n  - ${isPluginError(error) ? error.message : String(error)}`);
  const count = errors.length === 1 ? 'a problem' : `${errors.length} problems`;
  return new PluginError('REGISTRY_1901', {
    message: `the manager was not built because of ${count}; nothing is left running:${lines.join('')}`,
    cause: new AggregateError(errors, 'every problem of the build'),
  });
}
