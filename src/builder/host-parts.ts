import type { WhitelistOptions } from '../../security/gate/options.ts';
import type { HostConfig } from '../config/host-config.ts';
import type { OtlpConfig, PrometheusConfig, SecurityConfig } from '../config/host-parts.ts';
import { loadConfig } from '../config/load.ts';
import { resolveConfig } from '../config/parse.ts';
import { PluginError } from '../core/errors.ts';
import type { MetricsExporter } from '../core/metrics-exporter.ts';
import type { Manager } from '../manager/manager.ts';
import type { DiscoveryPlan, Plan } from './plan.ts';

/**
 * A plan with what its configuration says of the host itself: log level, whitelist, metrics, traces. What code has
 * said counts more.
 * @throws {PluginError} `CONFIG_17xx` for a configuration that cannot be used.
 */
export async function withHostParts(plan: Plan): Promise<Plan> {
  if (plan.config === undefined) return plan;
  if (plan.discovery !== undefined) throw twoPlaces();
  const host = await read(plan.config, plan);
  const exporters = [...plan.exporters, ...(await exportersOf(host))];
  return {
    ...plan,
    hostConfig: host,
    security: plan.security ?? (await whitelistOf(host.security)),
    tracing: plan.tracing ?? tracingOf(host),
    metrics: plan.metrics || host.metrics !== undefined,
    exporters,
  };
}

/** Starts what a configuration names besides the plugins of the code. */
export async function startConfigured(manager: Manager, plan: Plan): Promise<void> {
  if (plan.discovery !== undefined) {
    await manager.loadFromConfig({ logLevel: 'debug', discovery: discoveryOf(plan.discovery) });
  }
  if (plan.config === undefined) return;
  const host = await read(plan.config, plan);
  if (host.reload.watch && typeof plan.config === 'string') await manager.watchConfig(plan.config);
  else await manager.loadFromConfig(plan.config);
}

/** What was not said has the defaults of a configuration. */
function discoveryOf({ directories, patterns, exclude, maxDepth, watch }: DiscoveryPlan): object {
  const depth = maxDepth === undefined ? {} : { maxDepth };
  return { directories, exclude, watch, ...depth, ...(patterns.length > 0 && { patterns }) };
}

function read(
  config: string | object,
  { defaults: base, configReading }: Plan,
): HostConfig | Promise<HostConfig> {
  const options = { ...configReading, base };
  return typeof config === 'string' ? loadConfig(config, options) : resolveConfig(config, options);
}

function tracingOf({ tracing }: HostConfig): Plan['tracing'] {
  if (tracing?.endpoint === undefined) return tracing && {};
  const { endpoint, serviceName, sampleRate } = tracing;
  return { endpoint, serviceName, sampleRate };
}

async function exportersOf({ metrics, tracing }: HostConfig): Promise<readonly MetricsExporter[]> {
  const exporters = [
    metrics?.prometheus && (await prometheusOf(metrics.prometheus)),
    metrics?.otlp && (await otlpOf(metrics.otlp, tracing?.serviceName)),
  ];
  return exporters.filter((exporter) => exporter !== undefined);
}

async function prometheusOf({ port, namespace, subsystem }: PrometheusConfig): Promise<MetricsExporter> {
  const { prometheusExporter } = await import('../../observability/prometheus/exporter.ts');
  return prometheusExporter({
    port,
    ...(namespace !== undefined && { namespace }),
    ...(subsystem !== undefined && { subsystem }),
  });
}

async function otlpOf(target: OtlpConfig, serviceName: string | undefined): Promise<MetricsExporter> {
  const { otlpExporter } = await import('../../observability/otlp/exporter.ts');
  return otlpExporter({ ...target, serviceName });
}

async function whitelistOf(security: SecurityConfig | undefined): Promise<WhitelistOptions | undefined> {
  if (security === undefined || security.policy === 'disabled') return undefined;
  const { whitelistFile: whitelist, policy, watch, reloadDelayMs } = security;
  if (whitelist === undefined) throw noWhitelist(policy);
  const audit = await auditOf(security);
  return {
    whitelist,
    policy,
    watch,
    reloadDelayMs,
    constraints: constraintsOf(security),
    ...(audit && { audit }),
  };
}

function constraintsOf({ maxFileBytes, allowedTypes, forbiddenPaths }: SecurityConfig) {
  return {
    ...(maxFileBytes !== undefined && { maxFileSizeBytes: maxFileBytes }),
    ...(allowedTypes !== undefined && { allowedTypes }),
    forbiddenPaths,
  };
}

async function auditOf({ audit }: SecurityConfig): Promise<WhitelistOptions['audit']> {
  const { enabled, file, logUnauthorized, logAuthorized, logConfigChanges, includeMetadata } = audit;
  if (!enabled || file === undefined) return undefined;
  const { auditLog } = await import('../../security/audit/open-audit-log.ts');
  return { sink: auditLog(file), logUnauthorized, logAuthorized, logConfigChanges, includeMetadata };
}

function noWhitelist(policy: string): PluginError {
  const message = `the configuration's security policy is ${policy}, but it names no whitelist. Give security.whitelist_file, or the policy disabled.`;
  return new PluginError('CONFIG_1703', { message });
}

function twoPlaces(): PluginError {
  const message =
    'both withConfig and fromDirectory say where plugins are. Put the folders into discovery.directories of the configuration.';
  return new PluginError('CONFIG_1703', { message });
}
