import type { Sample } from './page.ts';

/** What is shown of one plugin. Rates and times are those since the look before, where there was one. */
export interface Figures {
  readonly plugin: string;
  readonly health: string;
  readonly ready: number;
  readonly instances: number;
  readonly requestsTotal: number;
  readonly requestsFailure: number;
  /** Undefined at the first look. */
  readonly requestsPerSecond: number | undefined;
  /** The share of calls that failed, 0 to 1; undefined without calls. */
  readonly errorRate: number | undefined;
  readonly p50Seconds: number | undefined;
  readonly p95Seconds: number | undefined;
  readonly active: number;
  readonly queued: number;
  readonly breaker: string | undefined;
  readonly restarts: number;
}

/** A page, and when it was read, in milliseconds on a clock that never jumps. */
export interface Look {
  readonly samples: readonly Sample[];
  readonly atMs: number;
}

const worstFirst = ['offline', 'unhealthy', 'degraded', 'unknown', 'healthy'];
const breakers = ['closed', 'open', 'half-open'];

/** What a look shows of each plugin, by name. */
export function figuresOf(now: Look, before: Look | undefined): Figures[] {
  const byPlugin = groupsOf(now);
  const old = before === undefined ? undefined : groupsOf(before);
  const seconds = before === undefined ? undefined : (now.atMs - before.atMs) / 1000;
  return [...byPlugin]
    .map(([plugin, samples]) => figures(plugin, new Group(samples, old?.get(plugin)), seconds))
    .toSorted((a, b) => a.plugin.localeCompare(b.plugin));
}

function figures(plugin: string, group: Group, seconds: number | undefined): Figures {
  const calls = group.grown('plugin_requests_total');
  const requestsPerSecond = seconds === undefined ? undefined : calls / seconds;
  const breaker = group.values('plugin_circuit_breaker_state');
  return {
    plugin,
    health: worstFirst.find((status) => group.sum('plugin_status', 'status', status) > 0) ?? 'unknown',
    ready: group.sum('plugin_instances', 'state', 'ready'),
    instances: group.sum('plugin_instances'),
    requestsTotal: group.sum('plugin_requests_total'),
    requestsFailure: group.sum('plugin_requests_failure_total'),
    requestsPerSecond,
    errorRate: calls === 0 ? undefined : group.grown('plugin_requests_failure_total') / calls,
    p50Seconds: group.quantile(0.5),
    p95Seconds: group.quantile(0.95),
    active: group.sum('plugin_active_requests'),
    queued: group.sum('plugin_queue_depth'),
    breaker: breaker.length === 0 ? undefined : breakers[breaker.includes(1) ? 1 : Math.max(...breaker)],
    restarts: group.sum('plugin_restarts_total'),
  };
}

function groupsOf({ samples }: Look): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const plugin = sample.labels.get('plugin_name');
    if (plugin === undefined) continue;
    const group = groups.get(plugin);
    if (group === undefined) groups.set(plugin, [sample]);
    else group.push(sample);
  }
  return groups;
}

/** The samples of one plugin, and those of the look before. */
class Group {
  readonly #now: readonly Sample[];
  readonly #before: readonly Sample[];

  constructor(now: readonly Sample[], before: readonly Sample[] = []) {
    this.#now = now;
    this.#before = before;
  }

  values(name: string, label?: string, value?: string): number[] {
    return valuesOf(this.#now, name, label, value);
  }

  sum(name: string, label?: string, value?: string): number {
    return total(this.values(name, label, value));
  }

  /** How much a counter has grown; one that is smaller than before has begun anew. */
  grown(name: string, label?: string, value?: string): number {
    const now = this.sum(name, label, value);
    const before = total(valuesOf(this.#before, name, label, value));
    return now < before ? now : now - before;
  }

  /** As `histogram_quantile` of Prometheus: values are taken to lie evenly in their buckets. */
  quantile(share: number): number | undefined {
    const name = 'plugin_request_duration_seconds_bucket';
    const bounds = new Set(
      this.#now.filter((sample) => sample.name === name).map(({ labels }) => labels.get('le') ?? ''),
    );
    const counts = [...bounds].map((le) => ({ le: boundOf(le), count: this.grown(name, 'le', le) }));
    const rank = share * (counts.at(-1)?.count ?? 0);
    const at = counts.findIndex(({ count }) => count >= rank);
    const bucket = counts[at];
    if (rank === 0 || bucket === undefined) return undefined;
    const below = counts[at - 1] ?? { le: 0, count: 0 };
    if (bucket.le === Infinity) return below.le;
    return below.le + (bucket.le - below.le) * ((rank - below.count) / (bucket.count - below.count));
  }
}

function valuesOf(samples: readonly Sample[], name: string, label?: string, value?: string): number[] {
  return samples
    .filter((sample) => sample.name === name && (label === undefined || sample.labels.get(label) === value))
    .map((sample) => sample.value);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function boundOf(le: string): number {
  return le === '+Inf' ? Infinity : Number(le);
}
