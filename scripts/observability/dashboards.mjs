// What people look at: all plugins at once, and one of them closely.
import { bands, dashboard, lines, number } from './panels.mjs';
import { durationQuantile, errorRatio, rate, series } from './queries.mjs';

const byPlugin = 'plugin_name';
const plugin = '{{plugin_name}}';
const instance = '{{plugin_name}} #{{plugin_instance}}';

const breakerColours = [
  {
    type: 'value',
    options: {
      0: { text: 'closed', color: 'green' },
      1: { text: 'open', color: 'red' },
      2: { text: 'half-open', color: 'orange' },
    },
  },
];

const notReady = `sum(${series('plugin_instances', 'state=~"restarting|failed"')})`;

/** @param {readonly number[]} shares */
const quantiles = (shares, by = '', legend = '') =>
  shares.map((share) => ({
    expr: durationQuantile(share, by),
    legend: `${legend}p${share * 100}`,
    exemplars: true,
  }));

export const overview = dashboard(
  {
    uid: 'plugboard-overview',
    title: 'plugboard: overview',
    description: 'Every plugin of every host: calls, failures, durations, life.',
    links: [
      { type: 'link', title: 'One plugin', url: '/d/plugboard-plugin', keepTime: true, includeVars: true },
    ],
  },
  [
    number('Plugins', `count(${series('plugin_info')})`),
    number('Calls a second', `sum(rate(${series('plugin_requests_total')}[$__rate_interval]))`, {
      unit: 'reqps',
    }),
    number(
      'Failed',
      `sum(rate(${series('plugin_requests_failure_total')}[$__rate_interval])) / (sum(rate(${series('plugin_requests_total')}[$__rate_interval])) > 0)`,
      { unit: 'percentunit', warnAt: 0.05 },
    ),
    number('Open circuits', `count(${series('plugin_circuit_breaker_state')} == 1)`, { warnAt: 1 }),
    number('Instances down', notReady, { warnAt: 1 }),
    number('Starts refused', `sum(increase(${series('plugin_security_denials_total')}[1h]))`, { warnAt: 1 }),
    lines('Calls', [{ expr: rate('plugin_requests_total', byPlugin), legend: plugin }], { unit: 'reqps' }),
    lines('Share that failed', [{ expr: errorRatio(byPlugin), legend: plugin }], {
      unit: 'percentunit',
      max: 1,
    }),
    lines('Duration, 95 % within', [{ expr: durationQuantile(0.95, byPlugin), legend: plugin }], {
      unit: 's',
    }),
    bands(
      'Circuit breakers',
      { expr: series('plugin_circuit_breaker_state'), legend: instance },
      breakerColours,
    ),
    lines('Calls under way', [{ expr: series('plugin_active_requests'), legend: plugin }]),
    lines('Calls in line', [{ expr: series('plugin_queue_depth'), legend: plugin }]),
    lines('Restarts in 10 minutes', [
      { expr: `sum by (plugin_name) (increase(${series('plugin_restarts_total')}[10m]))`, legend: plugin },
    ]),
    lines('Over the limit', [{ expr: rate('plugin_rate_limited_total', byPlugin), legend: plugin }], {
      unit: 'reqps',
    }),
    lines('Configuration read anew in 10 minutes', [
      {
        expr: `sum by (result) (increase(${series('plugin_config_reloads_total')}[10m]))`,
        legend: '{{result}}',
      },
    ]),
    lines('What the gate objected to in 10 minutes', [
      {
        expr: `sum by (violation) (increase(${series('plugin_security_violations_total')}[10m]))`,
        legend: '{{violation}}',
      },
    ]),
  ],
);

export const onePlugin = dashboard(
  {
    uid: 'plugboard-plugin',
    title: 'plugboard: one plugin',
    description: 'One plugin: its hooks, its instances, its errors, its limits and its life.',
    links: [
      { type: 'link', title: 'Overview', url: '/d/plugboard-overview', keepTime: true, includeVars: true },
    ],
  },
  [
    lines('Calls by hook', [{ expr: rate('plugin_requests_total', 'hook'), legend: '{{hook}}' }], {
      unit: 'reqps',
    }),
    lines('Duration', quantiles([0.5, 0.95, 0.99]), { unit: 's' }),
    lines('Duration by hook, 95 % within', quantiles([0.95], 'hook', '{{hook}} '), { unit: 's' }),
    lines('Calls answered', [{ expr: rate('plugin_requests_success_total', 'hook'), legend: '{{hook}}' }], {
      unit: 'reqps',
    }),
    lines('Failures by code', [{ expr: rate('plugin_request_errors_total', 'code'), legend: '{{code}}' }], {
      unit: 'reqps',
    }),
    lines('Share that failed, by hook', [{ expr: errorRatio('hook'), legend: '{{hook}}' }], {
      unit: 'percentunit',
      max: 1,
    }),
    lines(
      'Calls by instance',
      [{ expr: rate('plugin_requests_total', 'plugin_instance'), legend: '#{{plugin_instance}}' }],
      {
        unit: 'reqps',
      },
    ),
    lines('Under way and in line', [
      { expr: series('plugin_active_requests'), legend: 'under way' },
      { expr: series('plugin_queue_depth'), legend: 'in line' },
    ]),
    lines(
      'Retries and limits',
      [
        { expr: rate('plugin_retries_total', byPlugin), legend: 'retries' },
        { expr: rate('plugin_rate_limited_total', byPlugin), legend: 'over the limit' },
        { expr: rate('plugin_rate_limited_locally_total', byPlugin), legend: 'limited by this host alone' },
        { expr: rate('plugin_observations_dropped_total', byPlugin), legend: 'not told' },
      ],
      { unit: 'reqps' },
    ),
    bands(
      'Circuit breaker',
      { expr: series('plugin_circuit_breaker_state'), legend: instance },
      breakerColours,
    ),
    lines('Breaker trips in 10 minutes', [
      {
        expr: `increase(${series('plugin_circuit_breaker_trips_total')}[10m])`,
        legend: '#{{plugin_instance}}',
      },
    ]),
    lines('Instances by state', [{ expr: series('plugin_instances'), legend: '{{state}}' }]),
    bands(
      'Health',
      { expr: `${series('plugin_status')} == 1`, legend: '#{{plugin_instance}} {{status}}' },
      [],
    ),
    lines('Health checks that went badly', [
      { expr: rate('plugin_health_check_failures_total', 'plugin_instance'), legend: '#{{plugin_instance}}' },
    ]),
    lines('Restarts and failed starts in 10 minutes', [
      { expr: `sum(increase(${series('plugin_restarts_total')}[10m]))`, legend: 'restarts' },
      { expr: `sum(increase(${series('plugin_start_failures_total')}[10m]))`, legend: 'failed starts' },
    ]),
    lines(
      'Starts, 95 % within',
      [
        {
          expr: `histogram_quantile(0.95, sum by (le) (increase(${series('plugin_start_duration_seconds_bucket')}[1h])))`,
          legend: 'p95',
        },
      ],
      { unit: 's' },
    ),
    lines('Drains, and calls they cancelled, in 10 minutes', [
      { expr: `sum(increase(${series('plugin_drains_total')}[10m]))`, legend: 'drains' },
      { expr: `sum(increase(${series('plugin_drain_cancelled_requests_total')}[10m]))`, legend: 'cancelled' },
    ]),
    lines(
      'Bytes over the wire',
      [
        { expr: rate('plugin_sent_bytes_total', byPlugin), legend: 'sent' },
        { expr: rate('plugin_received_bytes_total', byPlugin), legend: 'received' },
      ],
      { unit: 'Bps' },
    ),
  ],
);
