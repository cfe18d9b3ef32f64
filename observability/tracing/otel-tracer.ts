import type { Context, Span, SpanKind, Tracer as OtelApiTracer } from '@opentelemetry/api';

import { isThenable } from '../../src/core/thenable.ts';
import type { TraceContext } from '../../src/core/trace-context.ts';
import type { CallSpan, TracedCall, TracedService, Tracer } from '../../src/core/tracer.ts';
import { attributesOf, type Subject } from '../otlp/attributes.ts';
import { OtelCallSpan } from './call-span.ts';
import { endSpan } from './end-span.ts';
import { parentContext, placeOf, type OpenTelemetry } from './open-telemetry.ts';

/** Calls as spans of OpenTelemetry. What a sampler or a processor throws costs the span, never the call. */
export class OtelTracer implements Tracer {
  readonly #otel: OpenTelemetry;
  readonly #tracer: OtelApiTracer;
  readonly #end: (timeoutMs: number) => Promise<void>;

  constructor(otel: OpenTelemetry, tracer: OtelApiTracer, end: (timeoutMs: number) => Promise<void>) {
    this.#otel = otel;
    this.#tracer = tracer;
    this.#end = end;
  }

  startCall({ plugin, hook, transport, parent }: TracedCall): CallSpan {
    const subject = { plugin, transport, method: `${plugin}/${hook}` };
    const started = this.#start(this.#otel.SpanKind.CLIENT, subject, parent);
    if (started === undefined) return untraced(parent);
    return new OtelCallSpan(
      { otel: this.#otel, tracer: this.#tracer },
      subject,
      started.span,
      started.parent,
    );
  }

  serve<T>(asked: TracedService, run: (context: TraceContext | undefined) => T): T {
    const { plugin, transport, service, parent } = asked;
    const subject = { plugin, transport, method: `host/${service}` };
    const started = this.#start(this.#otel.SpanKind.SERVER, subject, parent);
    return started === undefined ? run(parent) : this.#runIn(started, run);
  }

  close(timeoutMs: number): Promise<void> {
    return this.#end(timeoutMs);
  }

  #start(kind: SpanKind, subject: Subject, from: TraceContext | undefined): Started | undefined {
    try {
      const parent = parentContext(this.#otel, from);
      const attributes = attributesOf(subject);
      return { span: this.#tracer.startSpan(subject.method, { kind, attributes }, parent), parent };
    } catch {
      return undefined; // a sampler or a processor of the application's is broken
    }
  }

  #runIn<T>({ span, parent }: Started, run: (context: TraceContext | undefined) => T): T {
    const otel = this.#otel;
    const inside = otel.trace.setSpan(parent, span);
    try {
      const answer = otel.context.with(inside, () => run(placeOf(otel, span)));
      if (isThenable(answer))
        answer.then(
          () => endSpan(otel, span),
          (error: unknown) => endSpan(otel, span, error),
        );
      else endSpan(otel, span);
      return answer;
    } catch (error) {
      endSpan(otel, span, error);
      throw error;
    }
  }
}

interface Started {
  readonly span: Span;
  readonly parent: Context;
}

/** A call without spans: only the caller's own place travels. */
function untraced(context: TraceContext | undefined): CallSpan {
  return { context, startAttempt() {}, run: (ask) => ask(), failAttempt() {}, event() {}, end() {} };
}
