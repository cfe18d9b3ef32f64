import { isHealthStatus, type HealthReport } from '../../src/core/health.ts';

/** What a plugin's `health` returned, as a report; a plugin without one is healthy because it answers. */
export function reportOf(said: unknown): HealthReport {
  if (said === undefined) return { status: 'healthy' };
  if (isHealthStatus(said)) return { status: said };
  const report = said as HealthReport;
  return isHealthStatus(report?.status)
    ? report
    : { status: 'unhealthy', message: 'the plugin reported no known health status' };
}
