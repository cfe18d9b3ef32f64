import type { Timer } from '../../src/core/clock.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { MetricsSource } from '../../src/core/metrics-exporter.ts';
import type { OtelScopeMetrics } from './metric-data.ts';
import { otelMetrics, type Picture, type Temporality } from './otel-metrics.ts';
import type { ReceiverLog } from './receiver-log.ts';
import type { Sender } from './sender.ts';
import { timedSend } from './timed-send.ts';

/** What a pusher works with. */
export interface PusherParts {
  readonly source: MetricsSource;
  readonly intervalMs: number;
  readonly temporality: Temporality;
  readonly sender: Sender;
  readonly log: ReceiverLog;
  encode(metrics: OtelScopeMetrics): Uint8Array | undefined;
}

/**
 * Sends what is counted, again and again, one export at a time. Nothing is kept for a receiver that is away: the next
 * export says it all, also in deltas, which begin where the last export arrived.
 */
export class MetricPusher {
  readonly #parts: PusherParts;
  readonly #end = new AbortController();
  #timer: Timer | undefined;
  #sending: Promise<void> = Promise.resolve();
  /** What the receiver has; for deltas only. */
  #arrived: Picture | undefined;
  #lastAtMs = 0;

  constructor(parts: PusherParts) {
    this.#parts = parts;
    if (parts.temporality === 'delta') this.#arrived = { atMs: 0, families: [] };
    this.#plan();
  }

  /** Sends once more, within `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    this.#timer?.cancel();
    const timer = this.#parts.source.clock.startTimer(timeoutMs, () => this.#end.abort());
    await this.#sending;
    this.#timer?.cancel(); // planned by the export that was under way
    await this.#send();
    timer.cancel();
    this.#parts.log.end();
    this.#parts.sender.close();
  }

  #plan(): void {
    const { source, intervalMs } = this.#parts;
    this.#timer = source.clock.startTimer(intervalMs, () => {
      this.#sending = this.#send().then(() => this.#plan());
    });
    this.#timer.keepAlive(false);
  }

  async #send(): Promise<void> {
    const { source, sender, log } = this.#parts;
    try {
      const picture = this.#picture();
      const body = this.#parts.encode(otelMetrics(picture, this.#arrived));
      if (body === undefined) return log.missed('they could not be encoded');
      const outcome = await timedSend(sender, body, source.clock, this.#end.signal);
      if (outcome.status !== 'taken') return log.missed(outcome.why);
      log.reached();
      if (this.#arrived !== undefined) this.#arrived = picture;
    } catch (error) {
      log.missed(messageOf(error));
    }
  }

  /** The time of day may be set back; exports are in order all the same. */
  #picture(): Picture {
    const { source } = this.#parts;
    this.#lastAtMs = Math.max(this.#lastAtMs, source.clock.date().getTime());
    return { atMs: this.#lastAtMs, families: source.collect() };
  }
}
