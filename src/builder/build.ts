import { metricsRegistry } from '../../observability/metrics/registry.ts';
import type { Gate } from '../core/gate.ts';
import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { TracerMaker } from '../manager/tracing.ts';
import { Manager } from '../manager/manager.ts';
import { manyProblems } from '../manager/problems.ts';
import { configuredSource } from './configured-source.ts';
import { shutDownOnSignals } from './signals.ts';
import { startConfigured, withHostParts } from './host-parts.ts';
import type { Plan } from './plan.ts';

/** Loads what traces only for those who trace. */
const makeTracer: TracerMaker = async (options, parts) => {
  const { startTracing } = await import('../../observability/tracing/start.ts');
  return startTracing(options, parts);
};

/**
 * Makes a manager of a plan and starts its eager plugins, side by side.
 * @throws {PluginError} `REGISTRY_1901` listing every problem; nothing is left running then.
 */
export async function build(told: Plan): Promise<Manager> {
  const plan = await withHostParts(told).catch(notBuilt);
  const { metrics, signals, security, tracing: _, ...parts } = plan;
  const gate = await gateOf(security).catch(notBuilt);
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

function notBuilt(error: unknown): never {
  throw manyProblems('the manager was not built', 'nothing is left running', [error]);
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
  const errors = [...results.flatMap(errorOf), ...unknownFallbacks(plan)];
  if (errors.length > 0) return errors;
  const [configured] = await Promise.allSettled([startConfigured(manager, plan)]);
  return errorOf(configured);
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
