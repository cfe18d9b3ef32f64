// PromQL, written with names that the table of metrics has.
import { descriptors } from '../../dist/observability/index.js';

const names = new Set(descriptors.map(({ name }) => name));

/**
 * A metric of the table, for the jobs and plugins that a dashboard shows.
 * @param {string} name
 * @param {string} [more] further label matchers
 */
export function series(name, more = '') {
  const isKnown = names.has(name.replace(/_(bucket|sum|count)$/, '')) || names.has(name);
  if (!isKnown) throw new Error(`the table has no metric ${name}`);
  return `${name}{job=~"$job"${perPlugin(name) ? ',plugin_name=~"$plugin"' : ''}${more && `,${more}`}}`;
}

/** @param {string} name */
function perPlugin(name) {
  const row = descriptors.find((one) => name.startsWith(one.name));
  return row?.labels.includes('plugin_name') ?? false;
}

/**
 * How much a counter grows in a second, summed over all labels but some.
 * @param {string} name
 * @param {string} by
 * @param {string} [more]
 */
export function rate(name, by, more) {
  return `sum by (${by}) (rate(${series(name, more)}[$__rate_interval]))`;
}

/**
 * The share of failed calls, 0 to 1; nothing where nobody calls.
 * @param {string} by
 */
export function errorRatio(by) {
  return `${rate('plugin_requests_failure_total', by)} / (${rate('plugin_requests_total', by)} > 0)`;
}

/**
 * The time within which a share of the calls ended.
 * @param {number} share
 * @param {string} by
 */
export function durationQuantile(share, by) {
  const buckets = rate('plugin_request_duration_seconds_bucket', by === '' ? 'le' : `le, ${by}`);
  return `histogram_quantile(${share}, ${buckets})`;
}
