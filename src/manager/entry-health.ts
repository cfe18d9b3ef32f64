import type { Clock } from '../core/clock.ts';
import type { HealthStatus, PluginHealth } from '../core/health.ts';
import type { Instance } from './instance.ts';

/** How a plugin is now: each of its instances is asked, and several become one. */
export async function entryHealth(instances: readonly Instance[], clock: Clock): Promise<PluginHealth> {
  const reports = await Promise.all(instances.map((instance) => instance.monitor.ask()));
  const [first] = reports;
  if (first === undefined)
    return { status: 'unknown', message: 'starting', checkedAt: clock.date(), responseTimeMs: 0 };
  if (reports.length === 1) return first;
  const worst = reports
    .filter(({ status }) => status !== 'healthy')
    .map(({ status, message }) => message ?? status);
  return {
    status: joined(reports.map(({ status }) => status)),
    message:
      worst.length === 0 ? undefined : `${worst.length} of ${reports.length} instances: ${worst.join('; ')}`,
    checkedAt: first.checkedAt,
    responseTimeMs: Math.max(...reports.map(({ responseTimeMs }) => responseTimeMs)),
  };
}

/** While one instance works the plugin does, with limits if another does not. */
function joined(statuses: readonly HealthStatus[]): HealthStatus {
  const [first = 'unknown'] = statuses;
  if (statuses.every((status) => status === first)) return first;
  return statuses.some((status) => status === 'healthy' || status === 'degraded') ? 'degraded' : 'unhealthy';
}
