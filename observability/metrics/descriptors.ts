import type { MetricDescriptor } from '../../src/core/metric-family.ts';

type Row = Omit<MetricDescriptor, 'name'>;

/**
 * Upper bounds in seconds: the twelve of go-plugins and of Prometheus' own clients, and three below them, because a
 * plugin in this process answers in microseconds.
 */
export const callBucketsSeconds: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** From a thread to an interpreter that loads a model. The longest start that is waited for by default is 30 s. */
export const startBucketsSeconds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

const plugin = ['plugin_name'];
const instance = ['plugin_name', 'plugin_instance'];
/** A call that reached no instance has no `plugin_instance`. */
const call = ['plugin_name', 'plugin_instance', 'hook'];

function counter(help: string, labels: readonly string[], unit?: Row['unit']): Row {
  return { type: 'counter', unit, help, labels };
}

function gauge(help: string, labels: readonly string[], unit?: Row['unit']): Row {
  return { type: 'gauge', unit, help, labels };
}

function seconds(help: string, labels: readonly string[], buckets: readonly number[]): Row {
  return { type: 'histogram', unit: 'seconds', help, labels, buckets };
}

/** Every metric there is. Exporters, dashboards, alert rules and the page about metrics are made from this table. */
const rows: Readonly<Record<string, Row>> = {
  plugin_requests_total: counter('Calls that have ended.', call),
  plugin_requests_success_total: counter('Calls that were answered.', call),
  plugin_requests_failure_total: counter('Calls that failed.', call),
  plugin_request_duration_seconds: seconds(
    'How long calls took, waits and retries included.',
    call,
    callBucketsSeconds,
  ),
  plugin_request_errors_total: counter('Calls that failed, by error code.', ['plugin_name', 'code']),
  plugin_active_requests: gauge('Calls under way, waiting ones included.', plugin),
  plugin_queue_depth: gauge('Calls that wait for a token or a slot.', plugin),
  plugin_retries_total: counter('Attempts after the first of their call.', plugin),
  plugin_rate_limited_total: counter('Calls that found no token.', plugin),
  plugin_rate_limited_locally_total: counter(
    'Calls that this host limited alone, because the shared limit was out of reach.',
    plugin,
  ),
  plugin_shared_limit_outages_total: counter(
    'How often the shared limit has come out of reach, so that this host limited alone.',
    plugin,
  ),
  plugin_observations_dropped_total: counter(
    'What hooks that only tell did not tell it, because it did not keep up.',
    plugin,
  ),
  plugin_circuit_breaker_state: gauge('Its circuit breaker: 0 closed, 1 open, 2 half-open.', instance),
  plugin_circuit_breaker_trips_total: counter('How often its circuit breaker has opened.', instance),
  plugin_status: gauge('Its health: 1 for the status it has, 0 for the others.', [...instance, 'status']),
  plugin_health_check_failures_total: counter('Health checks that went badly.', instance),
  plugin_instances: gauge('Instances in each state of their life.', ['plugin_name', 'state']),
  plugin_restarts_total: counter('Starts after an unexpected end.', instance),
  plugin_start_duration_seconds: seconds(
    'How long starts took that ended well.',
    plugin,
    startBucketsSeconds,
  ),
  plugin_start_failures_total: counter('Starts that failed.', plugin),
  plugin_drains_total: counter('Drains that are over.', plugin),
  plugin_drain_cancelled_requests_total: counter('Calls that a drain has cancelled.', plugin),
  plugin_sent_bytes_total: counter('Bytes sent to the plugin over its wire.', plugin, 'bytes'),
  plugin_received_bytes_total: counter('Bytes received from the plugin over its wire.', plugin, 'bytes'),
  plugin_info: {
    type: 'info',
    unit: undefined,
    help: 'What the plugin says of itself.',
    labels: ['plugin_name', 'version', 'transport'],
  },
  plugin_config_reloads_total: counter('How often the configuration was read anew, by how it went.', [
    'result',
  ]),
  plugin_config_last_reload_timestamp_seconds: gauge(
    'When the configuration was last read anew and taken up.',
    [],
    'seconds',
  ),
  plugin_security_denials_total: counter('Starts that the gate has refused.', []),
  plugin_security_violations_total: counter('What the gate objected to, by kind.', ['violation']),
};

/** The table with each name in its row, in the order in which metrics are shown. */
export const descriptors: readonly MetricDescriptor[] = Object.entries(rows).map(([name, row]) => ({
  name,
  ...row,
}));
