import type { Clock } from '../core/clock.ts';
import { messageOf, PluginError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import { checkExporter, type MetricsExporter } from '../core/metrics-exporter.ts';
import { printable } from '../core/printable.ts';
import { isShutDown } from './refusals.ts';

/** Even a shutdown in a hurry lets exporters hand out what they have for so long, in milliseconds. */
const leastFlushMs = 1000;

/** What exporters are given. */
interface ExporterParts {
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The exporters of a manager. What they do wrong is logged and harms nothing else. */
export class Exporters {
  readonly #parts: ExporterParts;
  /** Those that are up, and those that are on their way. */
  readonly #known = new Set<MetricsExporter>();
  readonly #running = new Set<MetricsExporter>();
  #ended = false;

  constructor(parts: ExporterParts) {
    this.#parts = parts;
  }

  /**
   * @throws {PluginError} `CONFIG_1703` without metrics; what the exporter says when it cannot start; `PLUGIN_1208` when
   * the end came before it was up.
   */
  async add(exporter: MetricsExporter): Promise<void> {
    checkExporter(exporter);
    const { metrics, clock, logger } = this.#parts;
    if (metrics === undefined) throw nothingToExport();
    if (this.#known.has(exporter)) return;
    this.#known.add(exporter);
    try {
      await exporter.start({ collect: () => metrics.collect(), clock, logger });
    } catch (error) {
      this.#known.delete(exporter);
      throw PluginError.from(error, 'CONFIG_1703');
    }
    if (!this.#ended) return void this.#running.add(exporter);
    await this.#stop(exporter, leastFlushMs); // or it would hold its port, and send for ever
    throw isShutDown();
  }

  /** Lets every exporter hand out what is left, side by side, until `endsAtMs` on the clock. Never rejects. */
  async stop(endsAtMs: number): Promise<void> {
    this.#ended = true;
    const { clock } = this.#parts;
    const timeoutMs = Math.max(leastFlushMs, endsAtMs - clock.now());
    const exporters = [...this.#running];
    this.#running.clear();
    await Promise.all(exporters.map((exporter) => this.#stop(exporter, timeoutMs)));
  }

  #stop(exporter: MetricsExporter, timeoutMs: number): Promise<void> {
    const { clock, logger } = this.#parts;
    const warn = (error: string): void =>
      logger.warn('an exporter did not end well', { exporter: nameOf(exporter), error });
    return new Promise((resolve) => {
      const timer = clock.startTimer(timeoutMs, () => {
        warn(`it was not over after ${Math.round(timeoutMs)} ms`);
        resolve();
      });
      const end = (): void => {
        timer.cancel();
        resolve();
      };
      const stopped = (async () => exporter.stop(timeoutMs))();
      stopped.then(end, (error: unknown) => {
        warn(messageOf(error));
        end();
      });
    });
  }
}

/** It may have none, or one that cannot be read. */
function nameOf(exporter: MetricsExporter): string {
  try {
    return printable(exporter.name, 80);
  } catch {
    return 'unknown';
  }
}

function nothingToExport(): PluginError {
  const message = 'there is nothing to export: this manager counts nothing. Build it with withMetrics().';
  return new PluginError('CONFIG_1703', { message });
}
