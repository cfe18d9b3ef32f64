import type { MetricDescriptor } from '../../src/core/metric-family.ts';

/** Units by their codes in UCUM, as OpenTelemetry wants them. */
const units = { seconds: 's', bytes: 'By' } as const;

/**
 * A metric's name and unit in OTLP: without the suffixes that a collector adds again for Prometheus, so that a
 * dashboard finds the same names whichever way they came.
 */
export function otlpName({ name, type, unit }: MetricDescriptor): {
  readonly name: string;
  readonly unit: string;
} {
  const bare = type === 'counter' ? name.replace(/_total$/, '') : name;
  return unit === undefined
    ? { name: bare, unit: '' }
    : { name: bare.replace(new RegExp(`_${unit}$`), ''), unit: units[unit] };
}
