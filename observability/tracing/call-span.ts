import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';

import type { PluginError } from '../../src/core/errors.ts';
import { tellQuietly } from '../../src/core/listener.ts';
import type { TraceContext } from '../../src/core/trace-context.ts';
import type { CallEvent, CallSpan, EventFacts } from '../../src/core/tracer.ts';
import { attributesOf, type Subject } from '../otlp/attributes.ts';
import { endSpan } from './end-span.ts';
import { placeOf, type OpenTelemetry } from './open-telemetry.ts';

/** What the host itself refuses: the call met a limit or an open circuit. */
const refusals: Readonly<Record<string, readonly [event: string, facts: EventFacts]>> = {
  RATELIMIT_1501: ['limit', { limit: 'rate' }],
  PLUGIN_1212: ['limit', { limit: 'concurrency' }],
  CIRCUIT_1401: ['breaker', { state: 'open' }],
};

/** What a span is made with. */
export interface SpanParts {
  readonly otel: OpenTelemetry;
  readonly tracer: Tracer;
}

/** A call and its attempts as spans. A processor of the application's that throws harms no call. */
export class OtelCallSpan implements CallSpan {
  readonly #parts: SpanParts;
  readonly #subject: Subject;
  readonly #span: Span;
  /** The context of the call, in which attempts begin. */
  readonly #callContext: Context;
  #attempt: Span | undefined;
  #lastFailure: PluginError | undefined;
  #place: TraceContext | undefined;

  constructor(parts: SpanParts, subject: Subject, span: Span, parent: Context) {
    this.#parts = parts;
    this.#subject = subject;
    this.#span = span;
    this.#callContext = parts.otel.trace.setSpan(parent, span);
    this.#place = placeOf(parts.otel, span);
  }

  get context(): TraceContext | undefined {
    return this.#place;
  }

  startAttempt(attempt: number, instance: number): void {
    if (!this.#span.isRecording()) return; // nobody keeps the trace
    tellQuietly(() => {
      const { otel, tracer } = this.#parts;
      const attributes = {
        ...attributesOf(this.#subject),
        'plugboard.attempt': attempt,
        'plugboard.instance': instance,
      };
      const name = `${this.#subject.method} attempt`;
      this.#attempt = tracer.startSpan(name, { kind: otel.SpanKind.CLIENT, attributes }, this.#callContext);
      this.#place = placeOf(otel, this.#attempt);
    });
  }

  run<T>(ask: () => T): T {
    const { context, trace } = this.#parts.otel;
    const attempt = this.#attempt;
    return context.with(attempt ? trace.setSpan(this.#callContext, attempt) : this.#callContext, ask);
  }

  failAttempt(error: PluginError): void {
    this.#lastFailure = error;
    this.#endAttempt(error);
    if (error.code === 'PLUGIN_1205') this.#note('restart', { code: error.code });
  }

  event(event: CallEvent, facts: EventFacts = {}): void {
    this.#note(event, facts);
  }

  end(error: PluginError | undefined): void {
    this.#endAttempt(error);
    const refusal = error && error !== this.#lastFailure ? refusals[error.code] : undefined;
    if (refusal !== undefined) this.#note(...refusal);
    endSpan(this.#parts.otel, this.#span, error);
  }

  #endAttempt(error: PluginError | undefined): void {
    if (this.#attempt !== undefined) endSpan(this.#parts.otel, this.#attempt, error);
    this.#attempt = undefined;
  }

  #note(event: string, facts: EventFacts): void {
    if (!this.#span.isRecording()) return;
    const own: Attributes = {};
    for (const [name, value] of Object.entries(facts)) own[`plugboard.${name}`] = value;
    tellQuietly(() => this.#span.addEvent(`plugboard.${event}`, own));
  }
}
