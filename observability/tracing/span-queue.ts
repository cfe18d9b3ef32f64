import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

import type { Clock, Timer } from '../../src/core/clock.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { ReceiverLog } from '../otlp/receiver-log.ts';
import type { Sender } from '../otlp/sender.ts';
import { timedSend } from '../otlp/timed-send.ts';

// The first three are the defaults of OpenTelemetry's own batches.
const maxQueued = 2048;
const maxBatch = 512;
const batchEveryMs = 5000;
const firstWaitMs = 1000;
const longestWaitMs = 30_000;
/** The bit of a span's flags that says that somebody keeps it. */
const sampled = 1;

/** What encodes spans, and reads how many of them a receiver left out. */
export interface SpanCodec {
  encode(spans: ReadableSpan[]): Uint8Array | undefined;
  rejected(answer: Uint8Array): number;
}

/** What a queue works with. */
export interface SpanQueueParts {
  readonly codec: SpanCodec;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly log: ReceiverLog;
}

/**
 * Sends finished spans in batches, one at a time. While the receiver is away it keeps as many as fit, drops and counts
 * the others, and asks again with growing waits.
 */
export class SpanQueue implements SpanProcessor {
  readonly #parts: SpanQueueParts;
  readonly #end = new AbortController();
  #queue: ReadableSpan[] = [];
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #closing = false;

  constructor(parts: SpanQueueParts) {
    this.#parts = parts;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & sampled) === 0) return;
    if (this.#closing) return this.#parts.log.lost(1, 'tracing has ended');
    if (this.#queue.length >= maxQueued) return this.#parts.log.lost(1, `${maxQueued} spans wait already`);
    this.#queue.push(span);
    if (this.#queue.length >= maxBatch) this.#start();
    else this.#timer ??= this.#later(batchEveryMs, () => this.#start());
  }

  async forceFlush(): Promise<void> {
    this.#start();
    await this.#sending;
  }

  /** Sends what is left while `timeoutMs` lasts and the receiver takes it; the rest is lost. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing = true;
    const timer = this.#later(timeoutMs, () => this.#end.abort());
    this.#wake?.();
    await this.forceFlush();
    timer.cancel();
    this.#parts.log.end();
    this.#parts.sender.close();
  }

  shutdown(): Promise<void> {
    return this.close(0);
  }

  #start(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined));
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, maxBatch);
      const body = this.#encode(batch);
      if (body !== undefined) await this.#deliver(batch.length, body);
    }
  }

  #encode(batch: ReadableSpan[]): Uint8Array | undefined {
    const { codec, log } = this.#parts;
    let why = 'they could not be encoded';
    try {
      const body = codec.encode(batch);
      if (body !== undefined) return body;
    } catch (error) {
      why = messageOf(error);
    }
    log.lost(batch.length, why);
    return undefined;
  }

  async #deliver(count: number, body: Uint8Array): Promise<void> {
    const { sender, clock, log } = this.#parts;
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
      const wasClosing = this.#closing;
      const outcome = await timedSend(sender, body, clock, this.#end.signal);
      if (outcome.status === 'taken') return this.#taken(outcome.answer);
      if (outcome.status === 'refused' || wasClosing) return log.lost(count, outcome.why);
      log.away(outcome.why);
      if (!this.#closing) await this.#pause(Math.max(waitMs, outcome.afterMs));
    }
  }

  #taken(answer: Uint8Array): void {
    const { codec, log } = this.#parts;
    log.reached();
    const rejected = codec.rejected(answer);
    if (rejected > 0) log.lost(rejected, 'the receiver left them out');
  }

  /** Waits, unless the end comes first. */
  #pause(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#later(waitMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** No trace is worth a process that does not end. */
  #later(afterMs: number, task: () => void): Timer {
    const timer = this.#parts.clock.startTimer(afterMs, task);
    timer.keepAlive(false);
    return timer;
  }
}
