/**
 * How a plugin is.
 * `unknown`: never asked (a lazy plugin that was not used yet). `healthy`: answered well.
 * `degraded`: works, with limits. `unhealthy`: answered badly or not in time.
 * `offline`: not running, or unhealthy for too long.
 */
export type HealthStatus = 'unknown' | 'healthy' | 'degraded' | 'unhealthy' | 'offline';

/** What a plugin says of its own health. */
export interface HealthReport {
  readonly status: HealthStatus;
  readonly message?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** A report with the host's observations. */
export interface PluginHealth extends HealthReport {
  /** When it was asked. */
  readonly checkedAt: Date;
  /** How long the answer took, in milliseconds. */
  readonly responseTimeMs: number;
}

const fromBestToWorst: readonly HealthStatus[] = ['unknown', 'healthy', 'degraded', 'unhealthy', 'offline'];

/** Whether a value from outside is a health status. */
export function isHealthStatus(value: unknown): value is HealthStatus {
  return fromBestToWorst.includes(value as HealthStatus);
}

/** One status for many: unhealthy if any is unhealthy or offline, else degraded if any is, else healthy. */
export function overallHealth(statuses: readonly HealthStatus[]): HealthStatus {
  if (statuses.some((status) => status === 'unhealthy' || status === 'offline')) return 'unhealthy';
  if (statuses.includes('degraded')) return 'degraded';
  return 'healthy';
}
