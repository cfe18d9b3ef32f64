import type { WhitelistOptions } from '../../security/gate/options.ts';
import type { ConfigReading } from '../config/parse.ts';
import type { PluginSettings } from '../config/settings.ts';
import { checkClock } from '../core/check-clock.ts';
import { checkObject, checkText } from '../core/check-given.ts';
import type { Clock } from '../core/clock.ts';
import type { WholeMap } from '../core/contract.ts';
import { PluginError } from '../core/errors.ts';
import type { Gate } from '../core/gate.ts';
import { isLogLevel, type Logger, type LogLevel } from '../core/logger.ts';
import { checkExporter, type MetricsExporter } from '../core/metrics-exporter.ts';
import { ownCopy } from '../core/own-copy.ts';
import { printable } from '../core/printable.ts';
import type { TracingOptions } from '../core/tracer.ts';
import type { PluginSource } from '../core/transport.ts';
import type { ServiceFunction } from '../manager/shared.ts';
import type { Manager } from '../manager/manager.ts';
import type { AutoBuilder } from './auto.ts';
import { build } from './build.ts';
import type { DiscoveryPlan, Plan } from './plan.ts';

/** The builder without the types it gathers; `asBuilder` is the one place where the two meet. */
class PlanBuilder {
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  withPlugin(name: string, source: PluginSource, settings: PluginSettings = {}): PlanBuilder {
    return this.#with({ plugins: [...this.#plan.plugins, { name, source, settings: ownCopy(settings) }] });
  }

  withServices(services: Record<string, ServiceFunction>): PlanBuilder {
    return this.#with({ services: { ...this.#plan.services, ...services } });
  }

  withFallback(plugin: string, backup: string): PlanBuilder {
    checkText(plugin, 'the first name of withFallback', 'Give the name of a plugin.');
    checkText(
      backup,
      'the second name of withFallback',
      'Give the name of the plugin that is asked instead.',
    );
    return this.#with({ fallbacks: { ...this.#plan.fallbacks, [plugin]: backup } });
  }

  withSignals(): PlanBuilder {
    return this.#with({ signals: true });
  }

  withTimeout(timeoutMs: number): PlanBuilder {
    if (typeof timeoutMs === 'number' && timeoutMs > 0) return this.#with({ timeoutMs });
    throw new PluginError('CONFIG_1703', {
      message: `a timeout of ${printable(timeoutMs, 80)} ms is over before it begins. Give more than 0.`,
    });
  }

  withLogger(logger: Logger): PlanBuilder {
    return this.#with({ logger });
  }

  withLogLevel(logLevel: LogLevel): PlanBuilder {
    if (isLogLevel(logLevel)) return this.#with({ logLevel });
    throw new PluginError('CONFIG_1703', {
      message: `there is no log level '${printable(logLevel, 80)}'. Give debug, info, warn or error.`,
    });
  }

  withMetrics(): PlanBuilder {
    return this.#with({ metrics: true });
  }

  withMetricsExporter(exporter: MetricsExporter): PlanBuilder {
    checkExporter(exporter);
    return this.#with({ metrics: true, exporters: [...this.#plan.exporters, exporter] });
  }

  withTracing(tracing: TracingOptions = {}): PlanBuilder {
    checkObject(
      tracing,
      'what withTracing() is given',
      "Give { endpoint: 'http://localhost:4318' }, or nothing.",
    );
    return this.#with({ tracing: ownCopy(tracing) });
  }

  withSecurity(security: Gate | string | WhitelistOptions): PlanBuilder {
    if (typeof security !== 'string')
      checkObject(
        security,
        'what withSecurity() is given',
        'Give the path of a whitelist, its options, or a gate.',
      );
    return this.#with({ security });
  }

  withConfig(config: string | object, configReading: ConfigReading = {}): PlanBuilder {
    return this.#with({ config: ownCopy(config), configReading });
  }

  fromDirectory(...directories: readonly string[]): PlanBuilder {
    return this.#looking((plan) => ({ directories: [...plan.directories, ...directories] }));
  }

  withPattern(...patterns: readonly string[]): PlanBuilder {
    return this.#looking((plan) => ({ patterns: [...plan.patterns, ...patterns] }));
  }

  withMaxDepth(maxDepth: number): PlanBuilder {
    return this.#looking(() => ({ maxDepth }));
  }

  excluding(...exclude: readonly string[]): PlanBuilder {
    return this.#looking((plan) => ({ exclude: [...plan.exclude, ...exclude] }));
  }

  watching(): PlanBuilder {
    return this.#looking(() => ({ watch: true }));
  }

  withClock(clock: Clock): PlanBuilder {
    checkClock(clock, 'withClock');
    return this.#with({ clock });
  }

  build(): Promise<Manager> {
    return build(this.#plan);
  }

  #looking(change: (discovery: DiscoveryPlan) => Partial<DiscoveryPlan>): PlanBuilder {
    const { discovery = nowhere } = this.#plan;
    return this.#with({ discovery: { ...discovery, ...change(discovery) } });
  }

  #with(change: Partial<Plan>): PlanBuilder {
    return new PlanBuilder({ ...this.#plan, ...change });
  }
}

const nowhere: DiscoveryPlan = {
  directories: [],
  patterns: [],
  exclude: [],
  maxDepth: undefined,
  watch: false,
};

/** A typed builder over a plan. The assertion is the price of types that grow with each call. */
export function asBuilder<A, B = WholeMap>(plan: Plan): AutoBuilder<A, B> {
  return new PlanBuilder(plan) as unknown as AutoBuilder<A, B>;
}
