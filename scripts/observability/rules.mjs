// When somebody has to look. Thresholds are starting points: copy the file and set your own.
import { descriptors } from '../../dist/observability/index.js';

const names = new Set(descriptors.map(({ name }) => name));

/**
 * @param {string} alert
 * @param {string} expr
 * @param {{ readonly for?: string, readonly severity: 'critical' | 'warning', readonly summary: string, readonly cure: string }} about
 */
function rule(alert, expr, about) {
  for (const [name] of expr.matchAll(/\bplugin_\w+_(total|state|depth|instances|seconds)\b/g))
    if (!names.has(name)) throw new Error(`the table has no metric ${name}`);
  return {
    alert,
    expr,
    ...(about.for !== undefined && { for: about.for }),
    labels: { severity: about.severity },
    annotations: { summary: about.summary, description: about.cure },
  };
}

const by = 'sum by (job, instance, plugin_name)';
const plugin = '{{ $labels.plugin_name }} on {{ $labels.instance }}';

/** @param {string} window */
const failedShare = (window) =>
  `${by} (rate(plugin_requests_failure_total[${window}])) / ${by} (rate(plugin_requests_total[${window}]))`;

export const rules = {
  groups: [
    {
      name: 'plugboard',
      rules: [
        rule(
          'PluginDown',
          `${by} (plugin_instances{state=~"restarting|failed"}) > 0 unless ${by} (plugin_instances{state="ready"}) > 0`,
          {
            for: '1m',
            severity: 'critical',
            summary: `No instance of ${plugin} is ready.`,
            cure: 'Its log says why it ended. A plugin that was given up has to be registered again.',
          },
        ),
        rule('PluginRestartLoop', `${by} (increase(plugin_restarts_total[10m])) > 3`, {
          severity: 'warning',
          summary: `${plugin} was started again {{ $value | humanize }} times in 10 minutes.`,
          cure: 'Look at the end of its stderr in the log.',
        }),
        rule('PluginFailing', `(${failedShare('5m')}) > 0.05 and (${failedShare('1h')}) > 0.05`, {
          for: '2m',
          severity: 'critical',
          summary: `{{ $value | humanizePercentage }} of the calls of ${plugin} fail.`,
          cure: 'plugin_request_errors_total says with which codes, and docs/errors.md what each means.',
        }),
        rule('PluginCircuitOpen', 'plugin_circuit_breaker_state == 1', {
          for: '5m',
          severity: 'critical',
          summary: `The circuit of ${plugin} has been open for 5 minutes.`,
          cure: 'Its probes fail too. Look at why the plugin does.',
        }),
        rule(
          'PluginRateLimited',
          `${by} (rate(plugin_rate_limited_total[10m])) / ${by} (rate(plugin_requests_total[10m])) > 0.1`,
          {
            for: '10m',
            severity: 'warning',
            summary: `{{ $value | humanizePercentage }} of the calls of ${plugin} are over its limit.`,
            cure: 'Call it less often, or raise its rateLimit.',
          },
        ),
        rule('PluginQueueing', 'min_over_time(plugin_queue_depth[5m]) > 0', {
          for: '5m',
          severity: 'warning',
          summary: `Calls of ${plugin} have been waiting in line for 10 minutes.`,
          cure: 'Raise its concurrency, run more instances, or call it less.',
        }),
        rule('PluginUnwell', `${by} (increase(plugin_health_check_failures_total[10m])) > 3`, {
          severity: 'warning',
          summary: `{{ $value | humanize }} health checks of ${plugin} went badly in 10 minutes.`,
          cure: 'Ask it yourself: manager.health() has what it says.',
        }),
        rule('PluginConfigReloadFailed', 'increase(plugin_config_reloads_total{result="failure"}[10m]) > 0', {
          severity: 'warning',
          summary:
            'The configuration of {{ $labels.instance }} was read anew and refused; the one before stays.',
          cure: 'The log names each problem and its line.',
        }),
        rule('PluginStartRefused', 'increase(plugin_security_denials_total[10m]) > 0', {
          severity: 'critical',
          summary: 'The gate of {{ $labels.instance }} has refused to start a plugin.',
          cure: 'The audit log names the plugin, its file and what was wrong with it.',
        }),
      ],
    },
  ],
};
