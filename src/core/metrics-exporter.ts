import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { MetricFamily } from './metric-family.ts';

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
