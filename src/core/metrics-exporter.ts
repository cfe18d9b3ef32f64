import type { Clock } from './clock.ts';
import { PluginError } from './errors.ts';
import type { Logger } from './logger.ts';
import type { MetricFamily } from './metric-family.ts';
import { printable } from './printable.ts';

/** What an exporter reads from. */
export interface MetricsSource {
  /** A picture of this moment. */
  collect(): readonly MetricFamily[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Brings metrics somewhere else. */
export interface MetricsExporter {
  /** For people: `prometheus`, `otlp`. */
  readonly name: string;
  /** Begins to export; resolves when it does. @throws {PluginError} with a code that says why it cannot. */
  start(source: MetricsSource): Promise<void>;
  /** Hands out what is left within `timeoutMs`, then ends: nothing keeps the process alive after it. */
  stop(timeoutMs: number): Promise<void>;
}

/**
 * Refuses what cannot export, for callers whom no compiler told.
 * @throws {PluginError} `CONFIG_1703`
 */
export function checkExporter(exporter: MetricsExporter): void {
  const isObject = typeof exporter === 'object' && exporter !== null;
  if (isObject && typeof exporter.start === 'function' && typeof exporter.stop === 'function') return;
  const message = `an exporter of metrics needs start() and stop(); this is ${printable(exporter)}. Give prometheusExporter(), otlpExporter(…), or one of your own.`;
  throw new PluginError('CONFIG_1703', { message });
}
