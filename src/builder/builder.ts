import { metricsRegistry } from '../../observability/metrics/registry.ts';
import type { WhitelistOptions } from '../../security/gate/options.ts';
import type { PluginSettings } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import type { Contract, WholeMap } from '../core/contract.ts';
import type { Gate } from '../core/gate.ts';
import { PluginError } from '../core/errors.ts';
import { isLogLevel, type Logger, type LogLevel } from '../core/logger.ts';
import type { MetricsExporter } from '../core/metrics-exporter.ts';
import { printable } from '../core/printable.ts';
import type { TracingOptions } from '../core/tracer.ts';
import type { PluginSource } from '../core/transport.ts';
import type { ServiceFunction } from '../manager/shared.ts';
import type { TracerMaker } from '../manager/tracing.ts';
import { Manager } from '../manager/manager.ts';
import type { Registration } from '../manager/parts.ts';
import { manyProblems } from '../manager/problems.ts';
import { configuredSource } from './configured-source.ts';
import { shutDownOnSignals } from './signals.ts';
import type { Builder } from './types.ts';

/** What a builder has been told, as plain data. */
export interface Plan {
  readonly contract: Contract;
  readonly plugins: readonly Registration[];
  readonly services: Readonly<Record<string, ServiceFunction>>;
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly logLevel: LogLevel | undefined;
  readonly metrics: boolean;
  readonly exporters: readonly MetricsExporter[];
  readonly tracing: TracingOptions | undefined;
  /** Stands before every start: a gate, or the whitelist to make one of. */
  readonly security: Gate | string | WhitelistOptions | undefined;
  /** What plugins are set to where they say nothing themselves. */
  readonly defaults: PluginSettings;
  readonly fallbacks: Readonly<Record<string, string>>;
  /** Whether SIGTERM and SIGINT shut the manager down. */
  readonly signals: boolean;
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

  withFallback(plugin: string, backup: string): PlanBuilder {
    return this.#with({ fallbacks: { ...this.#plan.fallbacks, [plugin]: backup } });
  }

  withSignals(): PlanBuilder {
    return this.#with({ signals: true });
  }

  withTimeout(timeoutMs: number): PlanBuilder {
    if (typeof timeoutMs === 'number' && timeoutMs > 0) return this.#with({ timeoutMs });
    throw new PluginError('CONFIG_1703', {
      message: `a timeout of ${timeoutMs} ms is over before it begins. Give more than 0.`,
    });
  }

  withLogger(logger: Logger): PlanBuilder {
    return this.#with({ logger });
  }

  withLogLevel(logLevel: LogLevel): PlanBuilder {
    if (isLogLevel(logLevel)) return this.#with({ logLevel });
    throw new PluginError('CONFIG_1703', {
      message: `there is no log level '${printable(String(logLevel), 80)}'. Give debug, info, warn or error.`,
    });
  }

  withMetrics(): PlanBuilder {
    return this.#with({ metrics: true });
  }

  withMetricsExporter(exporter: MetricsExporter): PlanBuilder {
    return this.#with({ metrics: true, exporters: [...this.#plan.exporters, exporter] });
  }

  withTracing(tracing: TracingOptions = {}): PlanBuilder {
    return this.#with({ tracing });
  }

  withSecurity(security: Gate | string | WhitelistOptions): PlanBuilder {
    return this.#with({ security });
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

/** Loads what traces only for those who trace. */
const makeTracer: TracerMaker = async (options, parts) => {
  const { startTracing } = await import('../../observability/tracing/start.ts');
  return startTracing(options, parts);
};

async function build(plan: Plan): Promise<Manager> {
  const { metrics, signals, security, tracing: _, ...parts } = plan;
  const gate = await gateOf(security).catch((error: unknown) => {
    throw manyProblems('the manager was not built', 'nothing is left running', [error]);
  });
  const manager = new Manager({
    ...parts,
    gate,
    sourceOf: configuredSource,
    makeTracer,
    metrics: metrics ? metricsRegistry(plan.clock) : undefined,
  });
  const errors = await startAll(manager, plan);
  if (errors.length === 0) {
    if (signals) shutDownOnSignals(manager);
    return manager;
  }
  await manager.shutdown({ timeoutMs: 0 });
  throw manyProblems('the manager was not built', 'nothing is left running', errors);
}

/** Only who has a whitelist loads what reads it. */
async function gateOf(security: Plan['security']): Promise<Gate | undefined> {
  if (security === undefined || isGate(security)) return security;
  const { whitelistGate } = await import('../../security/gate/whitelist-gate.ts');
  return whitelistGate(security);
}

function isGate(security: NonNullable<Plan['security']>): security is Gate {
  return typeof security === 'object' && 'admit' in security;
}

/** Every problem of the start. A gate that is not ready lets nothing start. */
async function startAll(manager: Manager, plan: Plan): Promise<unknown[]> {
  try {
    await manager.open();
  } catch (error) {
    return [error, ...unknownFallbacks(plan)];
  }
  const traced = plan.tracing === undefined ? [] : [manager.enableTracing(plan.tracing)];
  const results = await Promise.allSettled<unknown>([
    ...traced,
    ...plan.exporters.map((exporter) => manager.registerMetricsExporter(exporter)),
    ...plan.plugins.map(({ name, source, settings }) => manager.register(name, source, settings)),
  ]);
  return [...results.flatMap(errorOf), ...unknownFallbacks(plan)];
}

function errorOf(result: PromiseSettledResult<unknown>): unknown[] {
  return result.status === 'rejected' ? [result.reason] : [];
}

function unknownFallbacks(plan: Plan): PluginError[] {
  const known = new Set(plan.plugins.map(({ name }) => name));
  const unknown = Object.entries(plan.fallbacks)
    .flat()
    .filter((name) => !known.has(name));
  return unknown.map((name) => {
    const message = `withFallback names '${printable(name, 80)}', which is no plugin of this manager.`;
    return new PluginError('PLUGIN_1201', { message });
  });
}
